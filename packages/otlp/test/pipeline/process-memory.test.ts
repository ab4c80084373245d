import { describe, expect, it } from 'vitest';
import { defaultQueueBytes } from '../../src/pipeline/process-memory.ts';

const MEBIBYTE = 2 ** 20;
const host = (constrained: number, available: number) => ({ constrainedMemory: () => constrained, availableMemory: () => available });

describe('the bytes a queue may hold by default', () => {
  it("are an eighth of the container's limit where that is small", () => {
    expect(defaultQueueBytes(host(256 * MEBIBYTE, 8_000 * MEBIBYTE))).toBe(32 * MEBIBYTE);
  });

  it.each([0, 2 ** 64 - 4_096])('go by what the machine can give where Node says %i, which means no limit', (unlimited) => {
    expect(defaultQueueBytes(host(unlimited, 80 * MEBIBYTE))).toBe(10 * MEBIBYTE);
  });

  it('are 64 MiB where there is plenty, or where nobody can say', () => {
    expect(defaultQueueBytes(host(64_000 * MEBIBYTE, 0))).toBe(64 * MEBIBYTE);
    expect(defaultQueueBytes({})).toBe(64 * MEBIBYTE);
  });
});
