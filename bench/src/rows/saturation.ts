import type { EventSignal } from '@spillway/test/collector';
import type { Compression, Variant } from '../application/protocol.ts';
import { type CorePair, corePair, NO_CORE_PAIR } from '../cores.ts';
import { runScenario, type ScenarioRun } from '../scenario.ts';
import { SIGNALS } from '../signal.ts';
import { median } from '../statistics.ts';
import type { Line, Row, Unit } from './row.ts';
import { nothingDelivered } from './scenario-row.ts';

const RUNS = 2;
const SECONDS = 3;
/** Of the same load, before the measured one. At the highest rate, compiling ends within this time. */
export const WARM_UP_SECONDS = 2;
const ITEMS_PER_TURN = 500;

/** A pipeline, and how full its queue may get before the application waits. */
interface Setup {
  readonly variant: Variant;
  readonly maxQueued: number;
  readonly processorOptions?: Readonly<Record<string, number>>;
}

/** Half full or less: OpenTelemetry's default queue has room for 2 048 items, Spillway's for 262 144. */
export const SETUPS = {
  noop: { variant: 'noop', maxQueued: 0 },
  upstream: { variant: 'upstream', maxQueued: 1_000 },
  'upstream, large queue': {
    variant: 'upstream',
    maxQueued: 100_000,
    processorOptions: { maxQueueSize: 300_000, maxExportBatchSize: 8_192 },
  },
  spillway: { variant: 'spillway', maxQueued: 100_000 },
} as const satisfies Record<string, Setup>;

type SetupName = keyof typeof SETUPS;
const SETUP_NAMES = Object.keys(SETUPS) as SetupName[];
const LARGE_QUEUE = "OpenTelemetry's queue 300 000";

/** A run of a setup. */
interface Saturated {
  readonly setup: SetupName;
  readonly compression: Compression | undefined;
  readonly round: number;
  readonly run: ScenarioRun;
}

/** What is told of each run. */
interface Figure {
  readonly text: (item: string) => string;
  readonly unit: Unit;
  readonly of: (run: ScenarioRun) => number;
}

const FIGURES: readonly Figure[] = [
  { text: (item) => `${item}s on one core`, unit: 'per second', of: itemsPerSecond },
  { text: (item) => `CPU of a ${item}`, unit: 'micros', of: cpuMicrosPerItem },
  {
    text: () => 'event-loop delay p99',
    unit: 'millis',
    of: ({ report }) => report.measured.eventLoopDelayMillis.p99,
  },
  { text: () => 'memory of the process, peak', unit: 'megabytes', of: ({ report }) => report.memory.peak.rss / 1e6 },
];

/** How many items a core can make and export, if no pipeline has to lose any. */
export function saturation(signal: EventSignal): Row {
  const { item, items, rowPrefix } = SIGNALS[signal];
  return {
    name: `${rowPrefix}saturation`,
    signal,
    title: `as many ${items} as one core can make and export, fast collector on another core`,
    async run({ runs = RUNS, seconds = SECONDS, variants, progress }) {
      const cores = corePair();
      if (cores === undefined)
        return { lines: [], runs: [], samples: [], problems: [], note: `skipped: ${NO_CORE_PAIR}` };
      const results: Saturated[] = [];
      for (let round = 1; round <= runs; round++) {
        for (const { setup, compression } of contenders(variants)) {
          progress(`${setup}${compression === undefined ? '' : `, ${compression}`}, run ${round} of ${runs}`);
          const run = await saturate(signal, SETUPS[setup], cores, seconds, compression);
          results.push({ setup, compression, round, run });
        }
      }
      return {
        lines: linesOf(item, results),
        runs: results.map(({ setup, compression = 'none', round, run: { variant, report, accounting } }) => {
          const { samples: _, ...figures } = report;
          return { variant, run: round, figures: { setup, compression, ...figures, accounting } };
        }),
        samples: [],
        problems: results.flatMap(({ setup, round, run }) =>
          [...run.accounting.problems, ...nothingDelivered(run)].map((problem) => `${setup}, run ${round}: ${problem}`),
        ),
      };
    },
  };
}

/** Runs a pipeline on one core, next to a receiver on another. */
export function saturate(
  signal: EventSignal,
  { variant, maxQueued, processorOptions = {} }: Setup,
  cores: CorePair,
  seconds = SECONDS,
  compression?: Compression,
): Promise<ScenarioRun> {
  return runScenario(signal, variant, {
    load: { kind: 'saturating', seconds, warmupSeconds: WARM_UP_SECONDS, itemsPerTurn: ITEMS_PER_TURN, maxQueued },
    cores,
    compression,
    faults: [],
    processorOptions: { [variant]: processorOptions },
  });
}

/** The no-op exports nothing, so there is nothing to compress. */
function contenders(variants: readonly Variant[]): readonly Pick<Saturated, 'setup' | 'compression'>[] {
  const ran = SETUP_NAMES.filter((setup) => variants.includes(SETUPS[setup].variant));
  return [
    ...ran.map((setup) => ({ setup, compression: undefined })),
    ...ran.filter((setup) => setup !== 'noop').map((setup) => ({ setup, compression: 'gzip' as const })),
  ];
}

function linesOf(item: string, results: readonly Saturated[]): readonly Line[] {
  return [undefined, 'gzip' as const].flatMap((compression) =>
    (['upstream', 'upstream, large queue'] as const).flatMap((upstream) =>
      FIGURES.map(({ text, unit, of }): Line => {
        // The no-op compresses nothing, so one of its runs is enough.
        const figuresOf = (setup: SetupName): readonly number[] =>
          results
            .filter((result) => result.setup === setup && (setup === 'noop' || result.compression === compression))
            .map(({ run }) => of(run));
        const words = [
          text(item),
          ...(compression ? [compression] : []),
          ...(upstream === 'upstream' ? [] : [LARGE_QUEUE]),
        ];
        return {
          figure: words.join(', '),
          unit,
          ...medianOf('noop', figuresOf('noop')),
          ...medianOf('upstream', figuresOf(upstream)),
          ...medianOf('spillway', figuresOf('spillway')),
        };
      }),
    ),
  );
}

function medianOf(variant: Variant, figures: readonly number[]): Partial<Record<Variant, number>> {
  return figures.length === 0 ? {} : { [variant]: median(figures) };
}

/** Items that arrived, per second. The no-op exports none by design. */
export function itemsPerSecond({ variant, report: { measured } }: ScenarioRun): number {
  return (variant === 'noop' ? measured.items : measured.delivered) / measured.seconds;
}

/** CPU (user and system, all threads) for each item that arrived. */
export function cpuMicrosPerItem({ variant, report: { measured } }: ScenarioRun): number {
  const items = variant === 'noop' ? measured.items : measured.delivered;
  return (measured.cpuUserMicros + measured.cpuSystemMicros) / items;
}
