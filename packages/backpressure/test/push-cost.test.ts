import { describe, expect, it } from 'vitest';
import { BackpressureController, MemoryBudget } from '../src/index.ts';

const FEW = 2;
const MANY = 2_000;
const PUSHES = 5_000;
const ROUNDS = 5;
/** Far above the noise of the machine, and far below the cost of a look at each of many waiters. */
const MOST_TIMES = 20;

/** How long pushes take in the fastest of several rounds, because other work of the machine only ever adds time. */
function millisOf(pushes: () => void): number {
  let fastest = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    pushes();
    fastest = Math.min(fastest, performance.now() - startedAt);
  }
  return fastest;
}

/** A full queue of two lanes, whose consumer never answers. */
function fullController(memoryBudget?: MemoryBudget): BackpressureController<number> {
  const controller = new BackpressureController<number>(() => new Promise(() => {}), {
    maxBufferSize: 1_000,
    priorityOf: (item) => item,
    drainTimeoutMs: 0,
    ...(memoryBudget && { memoryBudget, sizeOf: () => 1 }),
  });
  for (let pushed = 0; pushed < 1_000; pushed += 1) controller.tryPush(0);
  return controller;
}

describe('the cost of a push', () => {
  it.each([
    ['into a higher lane', 1],
    ['that evicts the next item', 0],
  ])('does not grow with the number of waiting flush calls: %s', async (_, item) => {
    const [few, many] = await Promise.all(
      [FEW, MANY].map(async (waiting) => {
        const controller = fullController();
        const flushes = Array.from({ length: waiting }, () => controller.flush({ timeoutMs: 60_000 }));
        const millis = millisOf(() => {
          for (let pushed = 0; pushed < PUSHES; pushed += 1) controller.tryPush(item);
        });
        await controller.close({ timeoutMs: 0 });
        await Promise.all(flushes);
        return millis;
      }),
    );
    expect((many as number) / (few as number)).toBeLessThan(MOST_TIMES);
  });

  it('does not grow with the number of controllers that share a budget and wait for it', async () => {
    const [few, many] = await Promise.all(
      [FEW, MANY].map(async (members) => {
        const memoryBudget = new MemoryBudget(2_000);
        const controller = fullController(memoryBudget);
        const others = Array.from({ length: members }, () => {
          const other = new BackpressureController<number>(() => new Promise(() => {}), {
            strategy: 'block',
            memoryBudget,
            sizeOf: () => 1_000,
          });
          return { other, waiting: other.push(1) };
        });
        const millis = millisOf(() => {
          for (let pushed = 0; pushed < PUSHES; pushed += 1) controller.tryPush(0);
        });
        await Promise.all(
          [controller, ...others.map(({ other }) => other)].map(async (each) => each.close({ timeoutMs: 0 })),
        );
        await Promise.all(others.map(async ({ waiting }) => waiting));
        return millis;
      }),
    );
    expect((many as number) / (few as number)).toBeLessThan(MOST_TIMES);
  });
});
