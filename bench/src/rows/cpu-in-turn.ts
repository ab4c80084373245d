import { type CollectorCounts, spawnCollector } from '@spillway/test/collector';
import { settledItems, type Variant } from '../application/protocol.ts';
import { converse } from '../child-process.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import { median } from '../statistics.ts';
import type { TurnsMessage, TurnsPlan, VariantTurns } from '../turns/protocol.ts';
import { ALLOWED_CPU_PART } from './added-cost.ts';
import { judge, type Row } from './row.ts';

const APPLICATION = new URL('../turns/main.ts', import.meta.url);
const ROUNDS = 12;
const SECONDS = 2;
/** For starting processes, turns before the measured ones, and a load that falls behind. */
const SPARE_MILLIS = 120_000;
const MILLIS_PER_SECOND = 1_000;

/**
 * What a processor costs the application where nothing is wrong, once more. On a shared machine a process can take half as much CPU again as
 * another that does the same. Here all variants are in one process and take turns of seconds, so that what disturbs one disturbs all.
 */
export function cpuInTurn(signal: Signal): Row {
  const { item, items, path, rowPrefix } = SIGNALS[signal];
  const part = ALLOWED_CPU_PART[signal];
  return {
    name: `${rowPrefix}cpu-in-turn`,
    signal,
    title: `10 000 ${items}/s, fast collector: all in one process, in turn`,
    async run({ runs = ROUNDS, seconds = SECONDS, variants, progress }) {
      progress(`${runs} rounds of ${variants.join(', ')}`);
      const receiver = await spawnCollector({ decode: 'ids' });
      try {
        const turns = await takeTurns({ signal, variants, url: receiver.url + path, rounds: runs, seconds });
        const problems = problemsOf(turns, await receiver.counts());
        const upstream = medianAdded(turns, 'upstream');
        const spillway = medianAdded(turns, 'spillway');
        const noop = turns.find(({ variant }) => variant === 'noop');
        return {
          lines: [
            {
              figure: `CPU added per exported ${item}`,
              unit: 'micros',
              ...(noop !== undefined && { noop: median(noop.cpuMicrosPerItem) }),
              ...(upstream !== undefined && { upstream }),
              ...(spillway !== undefined && { spillway }),
              target: `at most 1/${part} of upstream`,
              ...judge((theirs, ours) => ours <= theirs / part, upstream, spillway),
            },
          ],
          runs: turns.map(({ variant, ...figures }) => ({ variant, run: 1, figures })),
          samples: [],
          problems,
        };
      } finally {
        await receiver.close();
      }
    },
  };
}

async function takeTurns(plan: TurnsPlan): Promise<readonly VariantTurns[]> {
  let turns: readonly VariantTurns[] = [];
  await converse<TurnsMessage>(APPLICATION, {
    nodeOptions: ['--disable-warning=ExperimentalWarning'],
    task: plan,
    timeoutMillis: plan.rounds * plan.variants.length * plan.seconds * MILLIS_PER_SECOND + SPARE_MILLIS,
    onMessage(message) {
      if (message.kind === 'error') throw new Error(`the application failed: ${message.message}`);
      if (message.kind === 'report') ({ turns } = message);
      return message.kind === 'report';
    },
  });
  return turns;
}

/** The median of what a variant's turns cost above the no-op's of the same round, by what was delivered: losing items must not look cheap. */
function medianAdded(turns: readonly VariantTurns[], name: Variant): number | undefined {
  const noop = turns.find(({ variant }) => variant === 'noop');
  const own = turns.find(({ variant }) => variant === name);
  if (noop === undefined || own === undefined) return undefined;
  const deliveredShare = own.accounts.delivered / own.made;
  return median(own.cpuMicrosPerItem.map((micros, round) => micros / deliveredShare - (noop.cpuMicrosPerItem[round] as number)));
}

/** The receiver's word against the pipelines'. */
function problemsOf(turns: readonly VariantTurns[], { unique }: CollectorCounts): readonly string[] {
  const exporting = turns.filter(({ variant }) => variant !== 'noop');
  const delivered = exporting.reduce((sum, { accounts }) => sum + accounts.delivered, 0);
  return [
    ...exporting.flatMap(({ variant, made, accounts }) => {
      const unsettled = made - settledItems(accounts);
      return unsettled === 0 ? [] : [`${variant}: ${unsettled} of ${made} items are unaccounted for after the drain`];
    }),
    ...(unique === delivered ? [] : [`the receiver has ${unique} different items, the pipelines say they delivered ${delivered}`]),
  ];
}
