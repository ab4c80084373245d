import type { EventSignal } from '@spillway/test/collector';
import { printedBy } from '../child-process.ts';
import { SIGNALS } from '../signal.ts';
import { median } from '../statistics.ts';
import { judge, type Row } from './row.ts';

const ENCODER_BENCH = new URL('../encoder/main.ts', import.meta.url);
const ALLOWED_SHARE = 1 / 4;
const RUNS = 1;
const TIMEOUT_MILLIS = 120_000;
/** The items that the encoder bench encodes. */
const ENCODED: Readonly<Record<EventSignal, string>> = {
  traces: 'a 10-attribute span',
  logs: 'an 8-attribute log record',
};

interface EncoderResult {
  readonly upstreamMicros: number;
  readonly spillwayMicros: number;
}

/** The encoder alone. Its bench is a separate program. */
export function encoding(signal: EventSignal): Row {
  const { item, rowPrefix } = SIGNALS[signal];
  return {
    name: `${rowPrefix}encoding`,
    signal,
    title: `OTLP protobuf encoding of ${ENCODED[signal]}`,
    async run({ runs = RUNS, progress }) {
      const results: EncoderResult[] = [];
      for (let run = 1; run <= runs; run++) {
        progress(`run ${run} of ${runs}`);
        const printed = await printedBy(ENCODER_BENCH, ['--signal', signal, '--json'], TIMEOUT_MILLIS);
        const result: EncoderResult = JSON.parse(printed);
        results.push(result);
      }
      const upstream = median(results.map((result) => result.upstreamMicros));
      const spillway = median(results.map((result) => result.spillwayMicros));
      return {
        lines: [
          {
            figure: `CPU per ${item}`,
            unit: 'micros',
            upstream,
            spillway,
            target: 'at most 1/4 of upstream',
            ...judge((theirs, ours) => ours <= ALLOWED_SHARE * theirs, upstream, spillway),
          },
        ],
        runs: results.map((figures, index) => ({ variant: 'spillway', run: index + 1, figures })),
        samples: [],
        problems: [],
      };
    },
  };
}
