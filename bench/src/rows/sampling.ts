import { printedBy } from '../child-process.ts';
import type { SamplingFigures } from '../sampling/protocol.ts';
import { median } from '../statistics.ts';
import { judge, type Row } from './row.ts';

const SAMPLING_BENCH = new URL('../sampling/main.ts', import.meta.url);
const RUNS = 3;
const TIMEOUT_MILLIS = 120_000;
const ALLOWED_NANOS = 100;
/** Allows for what the reading itself allocates, spread over a million spans. */
const ALLOWED_BYTES = 1;

/** The sampling decision alone, which upstream does not have. */
export const sampling: Row = {
  name: 'sampling',
  signal: 'traces',
  title: 'spans sampled out under load: the hook alone',
  async run({ runs = RUNS, variants, progress }) {
    if (!variants.includes('spillway'))
      return { lines: [], runs: [], samples: [], problems: [], note: 'skipped: Spillway only' };
    const results: SamplingFigures[] = [];
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}`);
      const figures: SamplingFigures = JSON.parse(
        await printedBy(SAMPLING_BENCH, [], TIMEOUT_MILLIS, [
          '--expose-gc',
          '--min-semi-space-size=256',
          '--max-semi-space-size=256',
        ]),
      );
      results.push(figures);
    }
    const middle = (figureOf: (result: SamplingFigures) => number): number => median(results.map(figureOf));
    const sampledOut = middle((result) => result.sampledOutNanos) / 1_000;
    const bytes = middle((result) => result.bytesPerSpan);
    return {
      lines: [
        {
          figure: 'time of a span sampled out',
          unit: 'micros',
          noop: middle((result) => result.countedOnlyNanos) / 1_000,
          spillway: sampledOut,
          target: `at most ${ALLOWED_NANOS / 1_000} us`,
          ...judge((micros) => micros * 1_000 <= ALLOWED_NANOS, sampledOut),
        },
        {
          figure: 'allocated by it',
          unit: 'bytes',
          spillway: bytes,
          target: 'none',
          ...judge((value) => value < ALLOWED_BYTES, bytes),
        },
      ],
      runs: results.map((figures, index) => ({ variant: 'spillway', run: index + 1, figures })),
      samples: [],
      problems: results.flatMap((result, index) => result.problems.map((problem) => `run ${index + 1}: ${problem}`)),
    };
  },
};
