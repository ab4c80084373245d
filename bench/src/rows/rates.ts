import type { Variant } from '../application/protocol.ts';
import { median, medianAbove } from '../statistics.ts';
import { type AccountedTurns, takeTurns } from '../turns/take-turns.ts';
import type { Line, Row } from './row.ts';
import { turnsResult } from './turns-result.ts';

const SPANS_PER_SECOND = [2_500, 10_000, 30_000, 100_000] as const;
const ROUNDS = 3;
const SECONDS = 1;

/** How the cost of a span depends on the rate: a request costs the same, however few spans it carries. */
export const rates: Row = {
  name: 'rates',
  signal: 'traces',
  title: 'CPU against the rate, fast collector: all in one process, in turn',
  async run({ runs = ROUNDS, seconds = SECONDS, variants, progress }) {
    progress(`${runs} rounds of ${variants.join(', ')} at ${SPANS_PER_SECOND.join(', ')} spans/s`);
    const contenders = SPANS_PER_SECOND.flatMap((itemsPerSecond) =>
      variants.map((variant) => ({ signal: 'traces' as const, variant, itemsPerSecond })),
    );
    const results = await takeTurns(contenders, { rounds: runs, seconds });
    return turnsResult(
      results,
      SPANS_PER_SECOND.map((rate) => lineOf(rate, results)),
    );
  },
};

function lineOf(rate: number, results: readonly AccountedTurns[]): Line {
  const costsOf = (wanted: Variant): readonly number[] =>
    results.find(({ variant, itemsPerSecond }) => variant === wanted && itemsPerSecond === rate)?.cpuMicrosPerItem ??
    [];
  const noop = costsOf('noop');
  const upstream = medianAbove(costsOf('upstream'), noop);
  const spillway = medianAbove(costsOf('spillway'), noop);
  return {
    figure: `CPU added per exported span, ${rate.toLocaleString('en').replace(',', ' ')}/s`,
    unit: 'micros',
    point: { axis: 'spans per second', at: rate },
    ...(noop.length > 0 && { noop: median(noop) }),
    ...(upstream !== undefined && { upstream }),
    ...(spillway !== undefined && { spillway }),
  };
}
