import { printedBy } from '../child-process.ts';
import type { HookMicros, QuietFigures } from '../quiet/protocol.ts';
import { median } from '../statistics.ts';
import type { Line, Row } from './row.ts';

const QUIET_BENCH = new URL('../quiet/main.ts', import.meta.url);
const RUNS = 3;
const TIMEOUT_MILLIS = 120_000;

const FIGURES: Readonly<Record<keyof HookMicros, string>> = {
  busy: 'hook of a span, right after another span',
  quiet: 'the same, after 4 MiB of other memory',
  quietTogether: 'the same, for each of 50 spans at once',
};

/** What a span costs at a low rate: other code and data take the place of ours in the caches between two spans. */
export const quiet: Row = {
  name: 'quiet',
  signal: 'traces',
  title: 'the hook of a span in a process that does other work in between; upstream encodes later',
  async run({ runs = RUNS, variants, progress }) {
    if (!variants.includes('spillway') || !variants.includes('upstream'))
      return { lines: [], runs: [], samples: [], problems: [], note: 'skipped: needs upstream and spillway' };
    const results: QuietFigures[] = [];
    for (let run = 1; run <= runs; run += 1) {
      progress(`run ${run} of ${runs}`);
      results.push(JSON.parse(await printedBy(QUIET_BENCH, [], TIMEOUT_MILLIS)) as QuietFigures);
    }
    return {
      lines: (Object.keys(FIGURES) as (keyof HookMicros)[]).map((key): Line => ({
        figure: FIGURES[key],
        unit: 'micros',
        upstream: median(results.map(({ upstream }) => upstream[key])),
        spillway: median(results.map(({ spillway }) => spillway[key])),
      })),
      runs: results.map((figures, index) => ({ variant: 'spillway', run: index + 1, figures })),
      samples: [],
      problems: results.flatMap((result, index) => result.problems.map((problem) => `run ${index + 1}: ${problem}`)),
    };
  },
};
