import { spawnCollector } from '@spillway/test/collector';
import { account } from '../accounting.ts';
import type { Variant } from '../application/protocol.ts';
import { converse } from '../child-process.ts';
import type { PipelinesFigures, PipelinesMessage, PipelinesPlan } from '../pipelines/protocol.ts';
import { receiverOf, urlAt } from '../signal.ts';
import { median } from '../statistics.ts';
import type { Line, Row, Unit } from './row.ts';

const APPLICATION = new URL('../pipelines/main.ts', import.meta.url);
const COUNTS = [1, 10, 100] as const;
const RUNS = 1;
const SECONDS = 3;
const SPARE_MILLIS = 60_000;
const MILLIS_PER_SECOND = 1_000;
const BYTES_PER_KILOBYTE = 1_000;

/** One process. */
interface Measured {
  readonly count: number;
  readonly variant: Variant;
  readonly run: number;
  readonly figures: PipelinesFigures;
  readonly problems: readonly string[];
}

/** What is told of the processes with one number of pipelines. */
interface Figure {
  readonly text: (pipelines: string) => string;
  readonly unit: Unit;
  readonly of: (measured: Measured) => number;
}

const FIGURES: readonly Figure[] = [
  {
    text: (pipelines) => `memory of each pipeline, ${pipelines}`,
    unit: 'kilobytes',
    of: ({ figures, count }) => figures.bytes / count / BYTES_PER_KILOBYTE,
  },
  {
    text: (pipelines) => `CPU to construct and shut down ${pipelines}`,
    unit: 'millis',
    of: ({ figures }) => figures.startCpuMillis,
  },
  {
    text: (pipelines) => `CPU of an idle second, ${pipelines}`,
    unit: 'millis',
    of: ({ figures }) => figures.idleCpuMillis,
  },
  { text: (pipelines) => `CPU of a span, ${pipelines}`, unit: 'micros', of: ({ figures }) => figures.cpuMicrosPerItem },
];

/** How the costs grow with the number of pipelines in a process. */
export const pipelines: Row = {
  name: 'pipelines',
  signal: 'traces',
  title: '1, 10 and 100 pipelines in a process: idle, and sharing 10 000 spans/s, fast collector',
  async run({ runs = RUNS, seconds = SECONDS, variants, progress }) {
    const all: Measured[] = [];
    for (let run = 1; run <= runs; run += 1) {
      for (const count of COUNTS) {
        for (const variant of variants) {
          progress(`${count} of ${variant}, run ${run} of ${runs}`);
          all.push({ count, variant, run, ...(await measure(variant, count, seconds)) });
        }
      }
    }
    return {
      lines: FIGURES.flatMap((figure) => COUNTS.map((count) => lineOf(figure, count, all))),
      runs: all.map(({ count, variant, run, figures }) => ({ variant, run, figures: { count, ...figures } })),
      samples: [],
      problems: all.flatMap(({ count, variant, problems }) =>
        problems.map((problem) => `${variant}, ${count} pipelines: ${problem}`),
      ),
    };
  },
};

async function measure(
  variant: Variant,
  count: number,
  seconds: number,
): Promise<Pick<Measured, 'figures' | 'problems'>> {
  if (variant === 'noop') {
    const figures = await runPlan({ variant, url: urlAt(undefined, 'traces'), count, seconds });
    return { figures, problems: [] };
  }
  await using receiver = await spawnCollector(receiverOf('traces'));
  const figures = await runPlan({ variant, url: urlAt(receiver, 'traces'), count, seconds });
  const report = { ...figures, drain: { millis: 0, outcome: 'drained' as const } };
  const { problems } = account(variant, report, await receiver.counts());
  return { figures, problems };
}

async function runPlan(plan: PipelinesPlan): Promise<PipelinesFigures> {
  let figures: PipelinesFigures | undefined;
  await converse<PipelinesMessage>(APPLICATION, {
    nodeOptions: ['--disable-warning=ExperimentalWarning', '--expose-gc'],
    task: plan,
    timeoutMillis: 2 * plan.seconds * MILLIS_PER_SECOND + SPARE_MILLIS,
    onMessage(message) {
      if (message.kind === 'error') throw new Error(`the application failed: ${message.message}`);
      if (message.kind !== 'report') return false;
      figures = message.report;
      return true;
    },
  });
  if (figures === undefined) throw new Error('the application ended without figures');
  return figures;
}

function lineOf({ text, unit, of }: Figure, count: number, all: readonly Measured[]): Line {
  const medians = (['noop', 'upstream', 'spillway'] as const).flatMap((variant) => {
    const figures = all.filter((measured) => measured.variant === variant && measured.count === count).map(of);
    return figures.length === 0 ? [] : [[variant, median(figures)] as const];
  });
  const words = count === 1 ? '1 pipeline' : `${count} pipelines`;
  return { figure: text(words), unit, ...Object.fromEntries(medians) };
}
