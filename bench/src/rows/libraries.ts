import { printedBy } from '../child-process.ts';
import type { LibraryName } from '../libraries/hand-overs.ts';
import type { LibraryFigures, LibraryTurn } from '../libraries/protocol.ts';
import { median } from '../statistics.ts';
import type { Line, Row } from './row.ts';

const LIBRARIES_BENCH = new URL('../libraries/main.ts', import.meta.url);
const RUNS = 1;
const TIMEOUT_MILLIS = 120_000;

/** What each library leaves to its user, of: a bound on what is queued, batches, a limit of calls, and retries. */
const LEFT_TO_THE_USER: Readonly<Record<Exclude<LibraryName, 'spillway'>, string>> = {
  fastq: 'no bound, no batches (gathered by the caller), no retries',
  'p-queue': 'no bound, no batches (gathered by the caller), no retries',
  bottleneck: 'no bound for its batches, a promise for each item',
  'async.cargoQueue': 'no bound, no waiting for a batch to fill, no retries',
  dataloader: 'no bound, no limit of calls, batches of one turn, no retries',
};

/** `BackpressureController` beside libraries that hand items to a consumer. None of them counts what it loses. */
export const libraries: Row = {
  name: 'libraries',
  title: 'items handed in batches of 512 to an asynchronous consumer: BackpressureController, and what others lack',
  async run({ runs = RUNS, variants, progress }) {
    if (!variants.includes('spillway'))
      return { lines: [], runs: [], samples: [], problems: [], note: 'skipped: Spillway only' };
    const results: LibraryFigures[] = [];
    for (let run = 1; run <= runs; run += 1) {
      progress(`run ${run} of ${runs}`);
      results.push(JSON.parse(await printedBy(LIBRARIES_BENCH, [], TIMEOUT_MILLIS, ['--expose-gc'])) as LibraryFigures);
    }
    const middle = (library: LibraryName, figure: keyof LibraryTurn): number =>
      median(results.flatMap(({ turns }) => (turns[library] ?? []).map((turn) => turn[figure])));
    return {
      lines: Object.entries(LEFT_TO_THE_USER).flatMap(([name, lacks]): readonly Line[] => {
        const library = name as LibraryName;
        return [
          {
            figure: `${library} (${lacks}): CPU of an item`,
            unit: 'micros',
            other: middle(library, 'cpuMicrosPerItem'),
            spillway: middle('spillway', 'cpuMicrosPerItem'),
          },
          {
            figure: `${library}: items handed over`,
            unit: 'per second',
            other: middle(library, 'itemsPerSecond'),
            spillway: middle('spillway', 'itemsPerSecond'),
          },
        ];
      }),
      runs: results.map((figures, index) => ({ variant: 'spillway', run: index + 1, figures })),
      samples: [],
      problems: results.flatMap((result, index) => result.problems.map((problem) => `run ${index + 1}: ${problem}`)),
    };
  },
};
