import { beforeEach, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../sampling/test/seeded-random.ts';
import { BackpressureController, type FlushOutcome, type Replay } from '../src/index.ts';
import { expectLaw } from './accounting-law.ts';
import { advance, resetClock } from './fake-clock.ts';
import { setRandom } from './fake-random.ts';
import { delivered, HeldConsumer, numbers, retry, throttled, unreachable } from './held-consumer.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

const STEPS = 300;
const FAILURES: readonly FlushOutcome[] = [
  retry,
  unreachable,
  throttled(500),
  { ...retry, timedOut: true } as FlushOutcome,
];

describe('a controller with an overflow', () => {
  it.each(numbers(1, 20))(
    'loses nothing, whatever happens, and keeps the law at every instant: case %i',
    async (seed) => {
      const chance = seededRandom(seed);
      const pick = (most: number): number => Math.floor(chance() * most);
      const spool: number[][] = [];
      const arrived = new Set<number>();
      const consumer = new HeldConsumer<number>();
      const audit = (): void => expectLaw(controller);
      const breaches: unknown[] = [];
      const audited = (): void => {
        try {
          audit();
        } catch (breach) {
          breaches.push(breach);
        }
      };
      const controller = new BackpressureController<number>(consumer.flush, {
        maxBufferSize: 30 + pick(100),
        batchSize: 1 + pick(20),
        maxConcurrentFlushes: 1 + pick(8),
        strategy: 'drop_oldest',
        overflow: {
          take: (batch) => {
            audited();
            spool.push([...batch]);
            return true;
          },
        },
        observers: [{ onDrop: audited, onFlush: audited, onStateChange: audited }],
      });
      const replay = (items: number[]): Replay => ({
        items: items.length,
        bytes: 0,
        send: (context) => consumer.flush(items, context),
      });
      const readmitAll = (): void => {
        for (const batch of spool.splice(0))
          void controller.readmit(replay(batch)).then(({ kind }) => (kind === 'kept' ? spool.push(batch) : 0));
      };
      const answer = (outcome: FlushOutcome): void => {
        for (const flush of [...consumer.open]) {
          if (outcome === delivered) for (const item of flush.items) arrived.add(item);
          flush.answer(outcome);
        }
      };
      controller.start();
      let pushed = 0;
      let isOut = false;
      for (let step = 0; step < STEPS; step += 1) {
        if (chance() < 0.05) isOut = !isOut;
        for (let count = pick(12); count > 0; count -= 1) controller.tryPush((pushed += 1));
        if (chance() < 0.7) answer(isOut ? (FAILURES[pick(FAILURES.length)] as FlushOutcome) : delivered);
        if (chance() < 0.1) readmitAll();
        if (chance() < 0.05) void controller.drain({ timeoutMs: pick(2_000) });
        await advance(pick(1_000));
        audited();
      }
      // The consumer is well again, and everything that was spilled is sent.
      answer(delivered);
      consumer.onFlush = (flush) => {
        for (const item of flush.items) arrived.add(item);
        flush.answer();
      };
      for (let second = 0; second < 60; second += 1) {
        readmitAll();
        await advance(1_000);
        audited();
      }
      const { eventsAccepted, eventsFlushed, eventsSpilled, eventsFailed, eventsEvicted, inFlight, bufferSize } =
        controller.getMetrics();
      expect(breaches).toEqual([]);
      expect({ eventsSpilled, eventsFailed, eventsEvicted, inFlight, bufferSize, eventsFlushed }).toEqual({
        eventsSpilled: 0,
        eventsFailed: 0,
        eventsEvicted: 0,
        inFlight: 0,
        bufferSize: 0,
        eventsFlushed: eventsAccepted,
      });
      expect(arrived.size).toBe(eventsAccepted);
      controller.giveUp();
    },
  );
});
