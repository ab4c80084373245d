import { spawnCollector, type SpawnedCollector } from '@spillway/test/collector';
import type { Variant } from '../application/protocol.ts';
import { converse } from '../child-process.ts';
import type { CollectionCost, ReaderFigures, ReadersMessage, ReadersPlan } from '../metric-readers/protocol.ts';
import { ORDERS } from '../metric-readers/series.ts';
import { NOWHERE } from '../signal.ts';
import { median } from '../statistics.ts';
import { judge, type Line, type Row } from './row.ts';

const READERS_BENCH = new URL('../metric-readers/main.ts', import.meta.url);
const ROUNDS = 40;
const TIMEOUT_MILLIS = 300_000;

/** The cost of a collection from its start to its answer: the SDK collects, and the reader encodes and sends. */
export const metricsCollection: Row = {
  name: 'metrics-collection',
  title: 'collection and export of 10 000 series, fast collector: all in one process, in turn',
  async run({ runs = ROUNDS, variants, progress }) {
    progress(`${runs} rounds of ${variants.join(', ')}`);
    const receivers = new Map<Variant, SpawnedCollector>();
    try {
      for (const variant of variants)
        if (variant !== 'noop') receivers.set(variant, await spawnCollector({ decode: 'ids' }));
      const figures = await measure({
        readers: variants.map((variant) => ({
          variant,
          url: `${receivers.get(variant)?.url ?? NOWHERE}/v1/metrics`,
        })),
        rounds: runs,
      });
      return {
        lines: [
          lineOf('CPU per collection', figures, ({ cpuMillis }) => cpuMillis),
          lineOf('longest pause of the event loop', figures, ({ longestPauseMillis }) => longestPauseMillis),
        ],
        runs: figures.map(({ variant, ...rest }) => ({ variant, run: 1, figures: rest })),
        samples: [],
        problems: (await Promise.all(figures.map((one) => problemsOf(one, receivers.get(one.variant))))).flat(),
      };
    } finally {
      await Promise.all([...receivers.values()].map((receiver) => receiver.close()));
    }
  },
};

async function measure(plan: ReadersPlan): Promise<readonly ReaderFigures[]> {
  let figures: readonly ReaderFigures[] = [];
  await converse<ReadersMessage>(READERS_BENCH, {
    nodeOptions: ['--disable-warning=ExperimentalWarning'],
    task: plan,
    timeoutMillis: TIMEOUT_MILLIS,
    onMessage(message) {
      if (message.kind === 'error') throw new Error(`the application failed: ${message.message}`);
      if (message.kind === 'report') figures = message.report;
      return message.kind === 'report';
    },
  });
  return figures;
}

/** The collector must have every order that the application counted. */
async function problemsOf(
  { variant, orders }: ReaderFigures,
  receiver: SpawnedCollector | undefined,
): Promise<readonly string[]> {
  if (receiver === undefined) return [];
  const received = await receiver.totalOf(ORDERS);
  return received === orders ? [] : [`${variant}: ${received} of ${orders} orders arrived`];
}

function lineOf(figure: string, figures: readonly ReaderFigures[], figureOf: (cost: CollectionCost) => number): Line {
  const medians: Partial<Record<Variant, number>> = Object.fromEntries(
    figures.map(({ variant, costs }) => [variant, median(costs.map(figureOf))]),
  );
  const { upstream, spillway } = medians;
  return {
    figure,
    unit: 'millis',
    ...medians,
    target: 'no more than upstream',
    ...judge((theirs, ours) => ours <= theirs, upstream, spillway),
  };
}
