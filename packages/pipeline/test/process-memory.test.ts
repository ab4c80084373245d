import { describe, expect, it } from 'vitest';
import { defaultQueueBytes, type ProcessLike } from '../src/process-memory.ts';

const MEBIBYTE = 2 ** 20;
const host = (constrained: number, available: number) => ({
  constrainedMemory: () => constrained,
  availableMemory: () => available,
});

function refuse(): never {
  throw new Error('Requires sys access to "systemMemoryInfo", run again with the --allow-sys flag');
}

describe('the bytes a queue may hold by default', () => {
  it.each([128, 256, 512])(
    "leave half of a container's memory to the application, with three full queues, Node and a shipping process: %i MiB",
    (limit) => {
      const queues = 3 * defaultQueueBytes(host(limit * MEBIBYTE, 8_000 * MEBIBYTE));
      expect(queues).toBe((limit * MEBIBYTE) / 8);
      expect(queues + (30 + 18) * MEBIBYTE).toBeLessThanOrEqual((limit * MEBIBYTE) / 2);
    },
  );

  it.each([0, 2 ** 64 - 4_096])(
    "depend on the machine's available memory if Node reports a limit of %i, which means none",
    (unlimited) => {
      expect(defaultQueueBytes(host(unlimited, 240 * MEBIBYTE))).toBe(10 * MEBIBYTE);
    },
  );

  it.each<[platform: string, host: ProcessLike]>([
    ['answers 0 to everything, like workerd', host(0, 0)],
    ['throws, like Deno without --allow-sys', { constrainedMemory: refuse, availableMemory: refuse }],
    [
      'throws when the functions are read',
      {
        get constrainedMemory(): never {
          return refuse();
        },
      },
    ],
  ])('are 64 MiB if the platform %s', (_, platform) => {
    expect(defaultQueueBytes(platform)).toBe(64 * MEBIBYTE);
  });

  it("depend on the machine's available memory if only the container's limit may not be read", () => {
    expect(defaultQueueBytes({ constrainedMemory: refuse, availableMemory: () => 240 * MEBIBYTE })).toBe(10 * MEBIBYTE);
  });

  it('are 64 MiB if there is plenty of memory, or if the platform does not tell', () => {
    expect(defaultQueueBytes(host(64_000 * MEBIBYTE, 0))).toBe(64 * MEBIBYTE);
    expect(defaultQueueBytes({})).toBe(64 * MEBIBYTE);
  });
});
