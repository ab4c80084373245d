import { spawnCollector, type SpawnedCollector } from '@spillway/test/collector';
import { account, type Accounting } from '../accounting.ts';
import type { Variant } from '../application/protocol.ts';
import { converse } from '../child-process.ts';
import { receiverOf, type Signal, urlAt } from '../signal.ts';
import type { PipelineTurns, TurnsMessage, TurnsPlan } from './protocol.ts';

const APPLICATION = new URL('./main.ts', import.meta.url);
/** Extra time for starting processes, for the turns before the measured ones, and for a load that falls behind. */
const SPARE_MILLIS = 120_000;
const MILLIS_PER_SECOND = 1_000;
const ITEMS_PER_SECOND = 10_000;

/** A pipeline to measure. */
export interface Contender {
  readonly signal: Signal;
  readonly variant: Variant;
  /** Of the load of its turns. Default 10 000. */
  readonly itemsPerSecond?: number;
}

/** The turns of one pipeline, and what happened to its items. */
export interface AccountedTurns extends Contender {
  readonly turns: PipelineTurns;
  readonly accounting: Accounting;
  /** CPU per item that arrived, for each round, because losing items must not look cheap. The no-op exports none by design. */
  readonly cpuMicrosPerItem: readonly number[];
}

/**
 * Measures several pipelines without any faults, all in one process. On a shared machine, a process can take half as much CPU
 * again as another one that does the same. Here they take turns of seconds, so that a disturbance affects all of them.
 */
export async function takeTurns(
  contenders: readonly Contender[],
  { rounds, seconds }: Pick<TurnsPlan, 'rounds' | 'seconds'>,
): Promise<readonly AccountedTurns[]> {
  const receivers = new Map<Contender, SpawnedCollector>();
  try {
    for (const contender of contenders)
      if (contender.variant !== 'noop') receivers.set(contender, await spawnCollector(receiverOf(contender.signal)));
    const pipelines = contenders.map((contender) => ({
      itemsPerSecond: ITEMS_PER_SECOND,
      ...contender,
      url: urlAt(receivers.get(contender), contender.signal),
    }));
    const all = await run({ pipelines, rounds, seconds });
    return await Promise.all(
      contenders.map(async (contender, index) => {
        const turns = all[index] as PipelineTurns;
        // The report comes after the shutdown of every pipeline.
        const report = { ...turns, drain: { millis: 0, outcome: 'drained' as const } };
        const accounting = account(contender.variant, report, await receivers.get(contender)?.counts());
        const exportedShare = contender.variant === 'noop' ? 1 : accounting.delivered / accounting.made;
        const cpuMicrosPerItem = turns.cpuMicrosPerItem.map((micros) => micros / exportedShare);
        return { ...contender, turns, accounting, cpuMicrosPerItem };
      }),
    );
  } finally {
    await Promise.all([...receivers.values()].map((receiver) => receiver.close()));
  }
}

async function run(plan: TurnsPlan): Promise<readonly PipelineTurns[]> {
  let turns: readonly PipelineTurns[] = [];
  await converse<TurnsMessage>(APPLICATION, {
    nodeOptions: ['--disable-warning=ExperimentalWarning'],
    task: plan,
    timeoutMillis: plan.rounds * plan.pipelines.length * plan.seconds * MILLIS_PER_SECOND + SPARE_MILLIS,
    onMessage(message) {
      if (message.kind === 'error') throw new Error(`the application failed: ${message.message}`);
      if (message.kind === 'report') turns = message.report;
      return message.kind === 'report';
    },
  });
  return turns;
}
