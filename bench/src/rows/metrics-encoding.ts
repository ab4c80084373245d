import { printedBy } from '../child-process.ts';
import { type CollectionFigures, type EncodingCost, SINGLE_SERIES } from '../collection/protocol.ts';
import { median } from '../statistics.ts';
import { judge, type Line, type Row } from './row.ts';

const COLLECTION_BENCH = new URL('../collection/main.ts', import.meta.url);
const ALLOWED_SHARE = 1 / 4;
const RUNS = 3;
const TIMEOUT_MILLIS = 120_000;

/** A collection of metrics, until it is a request. Its bench is a separate program. */
export const metricsEncoding: Row = {
  name: 'metrics-encoding',
  title: 'OTLP protobuf encoding of a collection: 1 000 series of a kind',
  async run({ runs = RUNS, progress }) {
    const results: (readonly CollectionFigures[])[] = [];
    for (let run = 1; run <= runs; run += 1) {
      progress(`run ${run} of ${runs}`);
      results.push(
        JSON.parse(
          await printedBy(COLLECTION_BENCH, [], TIMEOUT_MILLIS, [
            '--expose-gc',
            '--min-semi-space-size=256',
            '--max-semi-space-size=256',
          ]),
        ) as readonly CollectionFigures[],
      );
    }
    const kinds = results[0]?.map(({ kind }) => kind) ?? [];
    return {
      lines: kinds.flatMap((kind) => linesOf(kind, results)),
      runs: results.map((figures, index) => ({ variant: 'spillway', run: index + 1, figures: { figures } })),
      samples: [],
      problems: [],
    };
  },
};

function linesOf(kind: string, results: readonly (readonly CollectionFigures[])[]): Line[] {
  const middle = (variant: 'upstream' | 'spillway', figure: keyof EncodingCost): number =>
    median(results.flatMap((figures) => figures.filter((one) => one.kind === kind).map((one) => one[variant][figure])));
  const upstream = middle('upstream', 'micros');
  const spillway = middle('spillway', 'micros');
  return [
    {
      figure: `CPU per ${kind}`,
      unit: 'micros',
      upstream,
      spillway,
      ...(kind !== SINGLE_SERIES && {
        target: 'at most 1/4 of upstream',
        ...judge((theirs, ours) => ours <= ALLOWED_SHARE * theirs, upstream, spillway),
      }),
    },
    {
      figure: 'allocated on the heap for it',
      unit: 'bytes',
      upstream: middle('upstream', 'heapBytes'),
      spillway: middle('spillway', 'heapBytes'),
    },
  ];
}
