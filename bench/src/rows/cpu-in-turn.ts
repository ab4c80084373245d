import { SIGNALS, type Signal } from '../signal.ts';
import { median, medianAbove } from '../statistics.ts';
import { type AccountedTurns, takeTurns } from '../turns/take-turns.ts';
import { addedCpuLine } from './added-cost.ts';
import type { Row } from './row.ts';
import { turnsResult } from './turns-result.ts';

const ROUNDS = 12;
const SECONDS = 2;

/** Measures the cost of a processor without any faults in another way, with all variants in one process. */
export function cpuInTurn(signal: Signal): Row {
  const { items, rowPrefix } = SIGNALS[signal];
  return {
    name: `${rowPrefix}cpu-in-turn`,
    signal,
    title: `10 000 ${items}/s, fast collector: all in one process, in turn`,
    async run({ runs = ROUNDS, seconds = SECONDS, variants, progress }) {
      progress(`${runs} rounds of ${variants.join(', ')}`);
      const contenders = variants.map((variant) => ({ signal, variant }));
      const results = await takeTurns(contenders, { rounds: runs, seconds });
      return turnsResult(results, [addedCpuLine(signal, addedFigures(results))]);
    },
  };
}

function addedFigures(results: readonly AccountedTurns[]): { noop?: number; upstream?: number; spillway?: number } {
  const costs = new Map(results.map(({ variant, cpuMicrosPerItem }) => [variant, cpuMicrosPerItem]));
  const noop = costs.get('noop') ?? [];
  const upstream = medianAbove(costs.get('upstream') ?? [], noop);
  const spillway = medianAbove(costs.get('spillway') ?? [], noop);
  return {
    ...(noop.length > 0 && { noop: median(noop) }),
    ...(upstream !== undefined && { upstream }),
    ...(spillway !== undefined && { spillway }),
  };
}
