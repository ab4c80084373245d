import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BackpressureStrategy, FlushOutcome } from '@spillway/backpressure';
import { expectLaw } from '../../../backpressure/test/accounting-law.ts';
import { advance, resetClock } from '../../../backpressure/test/fake-clock.ts';
import { setRandom } from '../../../backpressure/test/fake-random.ts';
import {
  delivered,
  numbers,
  retry,
  throttled,
  tooLarge,
  unreachable,
} from '../../../backpressure/test/held-consumer.ts';
import { seededRandom } from '../../../sampling/test/seeded-random.ts';
import { MemorySpool } from './memory-spool.ts';
import { sorted, spooledPipeline } from './spooled-pipeline.ts';

vi.mock('../../../backpressure/src/clock.ts', () => import('../../../backpressure/test/fake-clock.ts'));
vi.mock('../../../backpressure/src/random.ts', () => import('../../../backpressure/test/fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

/** Run more with `SEEDS=2000`, and others with `FIRST_SEED=1001`. */
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);
const SEEDS = Number(process.env['SEEDS'] ?? 10);

const STEPS = 120;
const FAILURES: readonly FlushOutcome[] = [
  retry,
  unreachable,
  throttled(500),
  { ...retry, timedOut: true } as FlushOutcome,
];
const STRATEGIES: readonly BackpressureStrategy[] = ['drop_oldest', 'drop_newest', 'sample'];

describe('pipelines that share a spool, one after the other', () => {
  it.each(numbers(FIRST_SEED, FIRST_SEED + SEEDS - 1))(
    'account for every item at every instant, and deliver all that they do not count as lost: case %i',
    async (seed) => {
      const chance = seededRandom(seed);
      const pick = (most: number): number => Math.floor(chance() * most);
      const among = <Value>(values: readonly Value[]): Value => values[pick(values.length)] as Value;
      const lateMillis = among([undefined, undefined, 1, 300]);
      const spool = new MemorySpool({
        concurrency: 1 + pick(3),
        ...(lateMillis === undefined ? {} : { lateMillis }),
        ...(chance() < 0.3 ? { maxBytes: 3_000 + pick(10_000) } : {}),
      });
      const arrived = new Set<number>();
      const lost = { evicted: 0, refused: 0 };
      let offered = 0;
      let held = 0;
      const pipelines = 2 + pick(2);
      for (let generation = 1; generation <= pipelines; generation += 1) {
        const isLast = generation === pipelines;
        const { pipeline, collector, offer, metrics } = spooledPipeline({
          spool,
          maxQueueSize: 40 + pick(150),
          maxExportBatchSize: 1 + pick(30),
          maxConcurrentExports: 1 + pick(8),
          strategy: among(STRATEGIES),
        });
        const offeredBefore = offered;
        let isOut = chance() < 0.5;
        for (let step = 0; step < STEPS; step += 1) {
          if (chance() < 0.05) isOut = !isOut;
          if (chance() < 0.05) spool.refuses = !spool.refuses;
          if (!spool.refuses && chance() < 0.5) spool.recover();
          for (let count = pick(25); count > 0; count -= 1) offer((offered += 1));
          const outcome = isOut ? among(FAILURES) : chance() < 0.05 ? tooLarge : delivered;
          if (chance() < 0.7) for (const request of collector.open) request.answer(outcome);
          if (chance() < 0.03) void pipeline.forceFlush({ timeoutMillis: pick(2_000) }).catch(() => {});
          if (chance() < 0.02) spool.places.at(-1)?.loseOldest(among(['spool_corrupt', 'expired']));
          await advance(pick(600));
          expectLaw(pipeline);
        }
        spool.recover();
        if (isLast) {
          collector.answerAll(() => delivered);
          // A slow spool gives back three requests a second, and they may be of one item each.
          for (let minute = 0; minute < 30 && metrics().spool?.items !== 0; minute += 1) await advance(60_000);
          await advance(10_000);
        } else if (chance() < 0.5) {
          const ended = pipeline.shutdown(1 + pick(2_000));
          await advance(5_000);
          await ended;
        } else {
          while (pipeline.handOverNext(() => false));
          await advance(1_000);
        }
        expectLaw(pipeline);
        for (const id of collector.arrived) arrived.add(id);
        const end = metrics();
        held = end.bufferSize + end.inFlight + end.eventsSpilled;
        lost.evicted += end.eventsEvicted + end.eventsFailed;
        lost.refused += end.eventsRefused;
        expect(end.eventsOffered).toBeGreaterThanOrEqual(offered - offeredBefore);
        // What it has spilled is what the next one finds, beside what it has not even looked at.
        const left = (spool.left.get('traces') ?? []).filter(({ isKnown }) => isKnown);
        expect(left.reduce((sum, { items }) => sum + items, 0)).toBe(isLast ? 0 : end.eventsSpilled);
      }
      expect(held, 'held or stored in the end').toBe(0);
      const missing = numbers(1, offered).filter((id) => !arrived.has(id));
      // An item may arrive, and be counted as lost later: its answer was lost, or it was in flight at an end.
      expect(missing.length).toBeLessThanOrEqual(lost.evicted + lost.refused);
      expect(sorted([...arrived]).length + missing.length).toBe(offered);
    },
    60_000,
  );
});
