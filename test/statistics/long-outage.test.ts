import { describe, expect, it, vi } from 'vitest';
import { MemorySpool } from '../../packages/pipeline/test/spool/memory-spool.ts';
import { runLongOutage } from '../../packages/pipeline/test/spool/long-outage.ts';
import { bytesIn, openStore, temporaryFolder } from '../../packages/spool/test/temporary-spool.ts';
import { runningOperations } from '../../packages/spool/test/tracked-files.ts';

vi.mock(
  '../../packages/backpressure/src/clock.ts',
  () => import('../../packages/backpressure/test/simulated-clock.ts'),
);
vi.mock('../../packages/backpressure/src/random.ts', () => import('../../packages/backpressure/test/seeded-chance.ts'));

const MINUTE_MS = 60_000;
const MIB = 2 ** 20;
const ITEM_BYTES = 100;
const CONCURRENCY = 4;
/** Items of the largest request, and some more, because its headers are taken for items. */
const LARGEST_BATCH = 2_200;

describe('an outage of 30 minutes at 10 000 items a second', () => {
  it.each(['unreachable', '503', 'silence'] as const)(
    'takes the bytes that the spool allows, costs the oldest items, and is made up for while live data is on time: %s',
    async (outage) => {
      const maxBytes = 64 * MIB;
      const spool = new MemorySpool({ maxBytes, concurrency: CONCURRENCY });
      const result = await runLongOutage({
        spool,
        itemsPerSecond: 10_000,
        itemBytes: ITEM_BYTES,
        outage,
        outageMs: 30 * MINUTE_MS,
        patienceMs: 10 * MINUTE_MS,
      });
      const { metrics } = result;
      expect(spool.mostBytes).toBeLessThanOrEqual(maxBytes + 4 * MIB);
      expect(result.longestDelayMs).toBeLessThan(2_000);
      // 40 000 a second are to spare.
      expect(result.drainedAfterMs).toBeLessThan(MINUTE_MS);
      const { spool_full: spoolFull, ...otherLosses } = metrics.droppedByReason;
      expect(Object.values(otherLosses).filter((count) => count > 0)).toEqual([]);
      expect(metrics).toMatchObject({ bufferSize: 0, inFlight: 0, eventsSpilled: 0, eventsRefused: 0 });
      expect(metrics.eventsFlushed + spoolFull).toBe(metrics.eventsOffered);
      // What was kept is the newest part of the outage, as much as fits. Some requests are always being resent, and may
      // be of any age.
      const keptMs = ((maxBytes / ITEM_BYTES) * 1_000) / 10_000;
      expect(result.deliveredOlderThan(0)).toBeGreaterThan(0.9 * (maxBytes / ITEM_BYTES));
      expect(result.deliveredOlderThan(1.1 * keptMs)).toBeLessThan(CONCURRENCY * LARGEST_BATCH);
    },
    120_000,
  );
});

describe('the same outage, with a spool in real files', () => {
  it('takes the bytes that are allowed on the disk, and has the same end', async () => {
    const maxBytes = 64 * MIB;
    const directory = temporaryFolder();
    // Time is simulated, so it would not pass while a disk syncs.
    const spool = openStore(directory, { maxBytes, sync: 'never' });
    let mostBytes = 0;
    let ticks = 0;
    const { metrics, longestDelayMs, drainedAfterMs, deliveredOlderThan } = await runLongOutage({
      spool,
      itemsPerSecond: 10_000,
      itemBytes: ITEM_BYTES,
      outage: '503',
      outageMs: 30 * MINUTE_MS,
      patienceMs: 10 * MINUTE_MS,
      breathe: async () => {
        await filesAreQuiet();
        if ((ticks += 1) % 50 === 0) mostBytes = Math.max(mostBytes, bytesIn(directory));
      },
    });
    expect(mostBytes).toBeLessThanOrEqual(maxBytes);
    expect(mostBytes).toBeGreaterThan(0.8 * maxBytes);
    expect(longestDelayMs).toBeLessThan(2_000);
    expect(drainedAfterMs).toBeLessThan(MINUTE_MS);
    const { spool_full: spoolFull, ...otherLosses } = metrics.droppedByReason;
    expect(Object.values(otherLosses).filter((count) => count > 0)).toEqual([]);
    expect(metrics).toMatchObject({ bufferSize: 0, inFlight: 0, eventsSpilled: 0, eventsRefused: 0 });
    expect(metrics.eventsFlushed + spoolFull).toBe(metrics.eventsOffered);
    // Oldest first, by whole files of 8 MiB.
    const keptItems = maxBytes / ITEM_BYTES;
    expect(deliveredOlderThan(0)).toBeGreaterThan(0.8 * keptItems);
    expect(deliveredOlderThan((1.1 * keptItems * 1_000) / 10_000)).toBeLessThan(CONCURRENCY * LARGEST_BATCH);
  });
});

/** Lets the files do everything that follows from a moment. */
async function filesAreQuiet(): Promise<void> {
  for (let quietTurns = 0; quietTurns < 3; quietTurns = runningOperations() > 0 ? 0 : quietTurns + 1)
    await new Promise((resolve) => setImmediate(resolve));
}

describe('a collector that is well', () => {
  it('keeps the spool out of it for a minute of 10 000 items a second', async () => {
    const spool = new MemorySpool();
    const { metrics, longestDelayMs } = await runLongOutage({
      spool,
      itemsPerSecond: 10_000,
      itemBytes: ITEM_BYTES,
      outage: '503',
      outageMs: 0,
      patienceMs: 0,
      calmMs: MINUTE_MS,
    });
    expect(spool.asked).toBe(0);
    expect(longestDelayMs).toBeLessThan(2_000);
    expect(metrics).toMatchObject({ eventsOffered: 650_000, eventsFlushed: 650_000, eventsSpilled: 0 });
  });
});
