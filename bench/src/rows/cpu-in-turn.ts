import { spawnCollector, type SpawnedCollector } from '@spillway/test/collector';
import { account, type Accounting } from '../accounting.ts';
import type { Variant } from '../application/protocol.ts';
import { converse } from '../child-process.ts';
import { NOWHERE } from '../scenario.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import { median, medianAbove } from '../statistics.ts';
import type { TurnsMessage, TurnsPlan, VariantTurns } from '../turns/protocol.ts';
import { addedCpuLine } from './added-cost.ts';
import type { Row } from './row.ts';

const APPLICATION = new URL('../turns/main.ts', import.meta.url);
const ROUNDS = 12;
const SECONDS = 2;
/** Extra time for starting processes, for the turns before the measured ones, and for a load that falls behind. */
const SPARE_MILLIS = 120_000;
const MILLIS_PER_SECOND = 1_000;

/** One variant's turns, and what happened to its items. */
interface AccountedTurns {
  readonly turns: VariantTurns;
  readonly accounting: Accounting;
}

/**
 * Measures the cost of a processor without any faults in another way. On a shared machine, a process can take half as
 * much CPU again as another one that does the same. Here all variants are in one process and take turns of seconds, so
 * that a disturbance affects all of them.
 */
export function cpuInTurn(signal: Signal): Row {
  const { items, path, rowPrefix } = SIGNALS[signal];
  return {
    name: `${rowPrefix}cpu-in-turn`,
    signal,
    title: `10 000 ${items}/s, fast collector: all in one process, in turn`,
    async run({ runs = ROUNDS, seconds = SECONDS, variants, progress }) {
      progress(`${runs} rounds of ${variants.join(', ')}`);
      const receivers = new Map<Variant, SpawnedCollector>();
      try {
        for (const variant of variants) {
          if (variant !== 'noop') receivers.set(variant, await spawnCollector({ decode: 'ids' }));
        }
        const pipelines = variants.map((variant) => ({
          variant,
          url: (receivers.get(variant)?.url ?? NOWHERE) + path,
        }));
        const results: AccountedTurns[] = [];
        for (const turns of await takeTurns({ signal, pipelines, rounds: runs, seconds })) {
          // The report comes after the shutdown of every pipeline.
          const report = { ...turns, drain: { millis: 0, outcome: 'drained' as const } };
          results.push({
            turns,
            accounting: account(turns.variant, report, await receivers.get(turns.variant)?.counts()),
          });
        }
        return {
          lines: [addedCpuLine(signal, addedFigures(results))],
          runs: results.map(({ turns: { variant, ...figures }, accounting }) => ({
            variant,
            run: 1,
            figures: { ...figures, accounting },
          })),
          samples: [],
          problems: results.flatMap(({ turns, accounting }) =>
            accounting.problems.map((problem) => `${turns.variant}: ${problem}`),
          ),
        };
      } finally {
        await Promise.all([...receivers.values()].map((receiver) => receiver.close()));
      }
    },
  };
}

async function takeTurns(plan: TurnsPlan): Promise<readonly VariantTurns[]> {
  let turns: readonly VariantTurns[] = [];
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

function addedFigures(results: readonly AccountedTurns[]): { noop?: number; upstream?: number; spillway?: number } {
  const costs = new Map(results.map((result) => [result.turns.variant, costsPerExportedItem(result)]));
  const noop = costs.get('noop') ?? [];
  const upstream = medianAbove(costs.get('upstream') ?? [], noop);
  const spillway = medianAbove(costs.get('spillway') ?? [], noop);
  return {
    ...(noop.length > 0 && { noop: median(noop) }),
    ...(upstream !== undefined && { upstream }),
    ...(spillway !== undefined && { spillway }),
  };
}

/** Divides by the items that arrived, because losing items must not look cheap. The no-op exports none by design. */
function costsPerExportedItem({ turns: { variant, cpuMicrosPerItem }, accounting }: AccountedTurns): readonly number[] {
  const exportedShare = variant === 'noop' ? 1 : accounting.delivered / accounting.made;
  return cpuMicrosPerItem.map((micros) => micros / exportedShare);
}
