import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memoryInUseReader, memoryLimit } from '../../src/pressure/container-memory.ts';
import { containerMemoryPressure } from '../../src/pressure/container-memory-pressure.ts';
import { eventLoopPressure } from '../../src/pressure/event-loop-pressure.ts';
import { heapPressure } from '../../src/pressure/heap-pressure.ts';
import type { PressureRange } from '../../src/pressure/pressure-range.ts';

const GIBIBYTE = 2 ** 30;

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const SOURCES: readonly [string, (options: PressureRange, used: number) => number, [number, number]][] = [
  ['the heap', (options, used) => heapPressure(options, () => used).utilization(), [0.7, 0.95]],
  [
    "the container's memory",
    (options, used) =>
      containerMemoryPressure(options, { constrained: () => GIBIBYTE, inUse: () => used * GIBIBYTE }).utilization(),
    [0.8, 0.95],
  ],
  ['the event loop', (options, used) => loopAt(used, options), [0.85, 1]],
];

function loopAt(used: number, options: PressureRange): number {
  let time = 0;
  const source = eventLoopPressure(options, {
    now: () => time,
    eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: used }),
  });
  time = 1_000;
  return source.utilization();
}

describe.each(SOURCES)('the pressure of %s', (_, utilizationAt, [startAt, fullAt]) => {
  it('is 0 up to its start, 1 from its full share on, and grows linearly in between', () => {
    expect(utilizationAt({}, 0)).toBe(0);
    expect(utilizationAt({}, startAt)).toBe(0);
    expect(utilizationAt({}, (startAt + fullAt) / 2)).toBeCloseTo(0.5);
    expect(utilizationAt({}, fullAt)).toBeCloseTo(1);
    expect(utilizationAt({}, 1)).toBe(1);
  });

  it('follows its options', () => {
    expect(utilizationAt({ startAt: 0.2, fullAt: 0.6 }, 0.3)).toBeCloseTo(0.25);
    expect(utilizationAt({ startAt: 0 }, fullAt / 2)).toBeCloseTo(0.5);
  });

  it('is 0 if it cannot be read', () => {
    expect(utilizationAt({}, Number.NaN)).toBe(0);
  });

  it.each([
    [{ startAt: -0.1 }, /startAt must be between 0 and 1, got -0.1/],
    [{ startAt: Number.NaN }, /startAt must be between 0 and 1, got NaN/],
    [{ fullAt: 1.1 }, /fullAt must be between 0 and 1, got 1.1/],
    [{ fullAt: '1' as never }, /fullAt must be a number, got string 1/],
    [{ startAt: 0.9, fullAt: 0.9 }, /startAt \(0.9\) must be below fullAt \(0.9\)/],
  ])('refuses %o', (options, message) => {
    expect(() => utilizationAt(options, 0.5)).toThrow(message);
  });
});

it('memory sources name their memory and its size, so that they count by the relief that dropping items would bring', () => {
  expect(heapPressure().memory?.kind).toBe('heap');
  expect(heapPressure().memory?.limitBytes).toBeGreaterThan(16 * 2 ** 20);
  const container = containerMemoryPressure({}, { constrained: () => GIBIBYTE, inUse: () => 0 });
  expect(container.memory).toEqual({ kind: 'process', limitBytes: GIBIBYTE });
  expect(eventLoopPressure().memory).toBeUndefined();
});

it('each source reads this process, and returns a number from 0 to 1', () => {
  for (const source of [heapPressure(), containerMemoryPressure(), eventLoopPressure()]) {
    expect(source.utilization()).toBeGreaterThanOrEqual(0);
    expect(source.utilization()).toBeLessThanOrEqual(1);
  }
  expect(heapPressure({ startAt: 0, fullAt: 1 }).utilization()).toBeGreaterThan(0);
});

describe("the pressure of the container's memory", () => {
  it.each([0, 2 ** 64, -1, Number.NaN])('is 0 without a limit (%d)', (constrained) => {
    const source = containerMemoryPressure({}, { constrained: () => constrained, inUse: () => 2 ** 60 });
    expect(source).toEqual({ utilization: expect.any(Function) });
    expect(source.utilization()).toBe(0);
    expect(memoryLimit(constrained)).toBeUndefined();
  });

  it('is that of this process if there are no control groups', () => {
    vi.spyOn(process, 'constrainedMemory').mockReturnValue(GIBIBYTE);
    vi.spyOn(process.memoryUsage, 'rss').mockReturnValue(GIBIBYTE / 2);
    vi.spyOn(fs, 'readFileSync').mockImplementation(() => {
      throw new Error('ENOENT');
    });
    syncBuiltinESMExports();
    const source = containerMemoryPressure({ startAt: 0, fullAt: 1 });
    expect(source.memory?.limitBytes).toBe(GIBIBYTE);
    expect(source.utilization()).toBe(0.5);
  });

  it('is 0 once its files can no longer be read', () => {
    const inUse = (): number => {
      throw new Error('ENOENT');
    };
    expect(containerMemoryPressure({}, { constrained: () => GIBIBYTE, inUse }).utilization()).toBe(0);
  });

  const version2 = { '/proc/self/cgroup': '0::/app.slice/app.service\n' };
  const version1 = { '/proc/self/cgroup': '9:name=systemd:/\n4:cpu,memory:/docker/1\n' };
  it.each([
    ['version 2', version2, '/sys/fs/cgroup/app.slice/app.service/', 'memory.current', 'anon 5\ninactive_file 30\n'],
    [
      'version 2, at its root',
      { '/proc/self/cgroup': '0::/\n' },
      '/sys/fs/cgroup/',
      'memory.current',
      'inactive_file 30\n',
    ],
    ['version 2, within a container', version2, '/sys/fs/cgroup/', 'memory.current', 'inactive_file 30\n'],
    [
      'version 1',
      version1,
      '/sys/fs/cgroup/memory/docker/1/',
      'memory.usage_in_bytes',
      'inactive_file 1\ntotal_inactive_file 30\n',
    ],
    [
      'version 1, within a container',
      version1,
      '/sys/fs/cgroup/memory/',
      'memory.usage_in_bytes',
      'total_inactive_file 30\n',
    ],
  ])('is read from control groups of %s, without droppable file cache', (_, files, directory, inUse, stat) => {
    const all: Record<string, string> = {
      ...files,
      [`${directory}${inUse}`]: '100\n',
      [`${directory}memory.stat`]: stat,
    };
    const read = memoryInUseReader((path) => {
      const text = all[path];
      if (text === undefined) throw new Error(`ENOENT ${path}`);
      return text;
    });
    expect(read?.()).toBe(70);
  });

  it('counts all of it if the kernel does not say how much is file cache', () => {
    const read = memoryInUseReader((path) => (path.endsWith('memory.stat') ? 'anon 5\n' : '100\n'));
    expect(read?.()).toBe(100);
  });

  it('is not read if there are no control groups', () => {
    const read = memoryInUseReader(() => {
      throw new Error('ENOENT');
    });
    expect(read).toBeUndefined();
  });
});

describe('the pressure of the event loop', () => {
  it('is that of the last whole window, however often it is read', () => {
    let time = 0;
    let active = 0;
    const reading = {
      now: () => time,
      eventLoopUtilization: (now?: { active: number }, before?: { active: number }) => {
        const busy = before === undefined || now === undefined ? active : now.active - before.active;
        return { idle: 0, active: busy, utilization: busy / 500 };
      },
    };
    const source = eventLoopPressure({ startAt: 0, fullAt: 1, windowMillis: 500 }, reading);
    const step = (millis: number, busy: number): number => {
      time += millis;
      active += busy;
      return source.utilization();
    };
    expect([step(250, 250), step(249, 249), step(1, 1), step(250, 0), step(250, 100), step(499, 0)]).toEqual([
      0, 0, 1, 1, 0.2, 0.2,
    ]);
  });

  it.each([0, -1, Number.NaN])('refuses a window of %d', (windowMillis) => {
    expect(() => eventLoopPressure({ windowMillis })).toThrow(/windowMillis must be above 0/);
  });

  it('rises while this thread is busy all the time', async () => {
    const source = eventLoopPressure({ windowMillis: 50 });
    const until = performance.now() + 100;
    while (performance.now() < until);
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.utilization()).toBeGreaterThan(0);
  });
});
