import { syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { heapLimitBytes, heapShareReader, oldGenerationLimit } from '../../src/pressure/heap-share.ts';

const MEBIBYTE = 2 ** 20;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  syncBuiltinESMExports();
});

describe('the limit of the old generation', () => {
  const heapSizeLimit = 1_192 * MEBIBYTE;

  it.each([
    ['the value of the flag', '--max-old-space-size=1000', undefined, 1_000],
    [
      'the value of the last flag, in either spelling',
      '--max-old-space-size=500 --max_old_space_size 1000',
      undefined,
      1_000,
    ],
    ['the limit of the worker thread, whatever the limit of the process', '--max-old-space-size=1000', 50, 50],
    ['everything but the young generation, without a flag', '--inspect', undefined, (1_192 * 64) / 67],
    [
      'everything but the young generation, if the flag is above the size of the heap',
      '--max-old-space-size=9999',
      undefined,
      (1_192 * 64) / 67,
    ],
    ['everything but the young generation, if the flag is 0', '--max-old-space-size=0', undefined, (1_192 * 64) / 67],
  ])('is %s', (_, flags, workerLimit, mebibytes) => {
    expect(oldGenerationLimit({ heapSizeLimit, flags, workerLimit })).toBeCloseTo(mebibytes * MEBIBYTE, -1);
  });

  it('of this thread follows NODE_OPTIONS', () => {
    vi.stubEnv('NODE_OPTIONS', '--no-warnings --max-old-space-size=32');
    expect(heapLimitBytes()).toBe(32 * MEBIBYTE);
  });
});

it('the share of the heap leaves the young generation out', () => {
  vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=32');
  const space = (name: string, mebibytes: number) =>
    ({ space_name: name, space_used_size: mebibytes * MEBIBYTE }) as v8.HeapSpaceInfo;
  vi.spyOn(v8, 'getHeapSpaceStatistics').mockReturnValue([
    space('old_space', 6),
    space('large_object_space', 2),
    space('new_space', 16),
    space('new_large_object_space', 4),
  ]);
  syncBuiltinESMExports();
  expect(heapShareReader()()).toBe(0.25);
});
