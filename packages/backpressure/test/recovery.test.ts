import { describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../sampling/test/seeded-random.ts';
import { capacityOf, recover, type RecoveryCase } from './recovery.ts';
import { seedChance } from './seeded-chance.ts';
import type { OutageKind } from './simulated-receiver.ts';

vi.mock('../src/clock.ts', () => import('./simulated-clock.ts'));
vi.mock('../src/random.ts', () => import('./seeded-chance.ts'));

const OUTAGES: readonly OutageKind[] = ['503', 'reset', 'unreachable', 'silence', 'crawl'];

/** A random receiver, network, load and outage. */
function caseOf(seed: number): RecoveryCase {
  const random = seededRandom(seed);
  const among = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const between = (least: number, most: number): number => least * (most / least) ** random();
  const batchSize = among([50, 100, 512]);
  const timeoutMs = among([1_000, 3_000, 10_000]);
  const itemBytes = between(100, 4_000);
  const isNarrow = random() < 0.4;
  const unloaded = {
    // A full batch takes from almost no time to twice the time of a request.
    itemMs: (between(0.002, 2) * timeoutMs) / batchSize,
    requestMs: random() < 0.5 ? 0 : between(0.001, 0.1) * timeoutMs,
    roundTripMs: between(1, timeoutMs / 20),
    bytesPerMs: isNarrow ? (batchSize * itemBytes) / (between(0.01, 2) * timeoutMs) : Infinity,
    worksOnAborted: random() < 0.5,
    itemBytes,
    batchSize,
    maxBatchSize: batchSize * among([1, 4]),
    maxConcurrentFlushes: among([1, 4, 32]),
    timeoutMs,
    outage: among(OUTAGES),
    outageMs: between(2_000, 60_000),
  };
  return { ...unloaded, itemsPerSecond: capacityOf(unloaded) * between(0.1, 0.8) };
}

/** The time that the backlog alone takes, while the load goes on. */
const backlogMs = (one: RecoveryCase): number =>
  (one.outageMs * one.itemsPerSecond) / (capacityOf(one) - one.itemsPerSecond);

/**
 * Enough for a few time-outs, and for a number of requests in flight that is not optimal. A pipeline that is stuck
 * would take for ever.
 */
const mostMs = (one: RecoveryCase): number => 10 * backlogMs(one) + 20 * one.timeoutMs + 20_000;

/** Run more with `SEEDS=2000`, and others with `FIRST_SEED=1001`. */
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);
const SEEDS = Number(process.env['SEEDS'] ?? 150);

describe('after an outage, a pipeline whose receiver takes more than its load', () => {
  it(
    'soon sends its backlog and loses nothing, whatever the receiver, the network, the load and the outage are like',
    async () => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
        const one = caseOf(seed);
        seedChance(seed);
        const { recoveredAfterMs, metrics } = await recover(one, mostMs(one));
        const name = `seed ${seed}: ${JSON.stringify(one)}`;
        expect(recoveredAfterMs, name).toBeLessThan(Infinity);
        expect(metrics, name).toMatchObject({ eventsFailed: 0, eventsDropped: 0 });
      }
    },
    20_000 + SEEDS * 500,
  );

  const receiver = { itemMs: 0.01, requestMs: 1, roundTripMs: 10, bytesPerMs: Infinity, worksOnAborted: true };
  const pipeline = { itemBytes: 500, batchSize: 512, maxBatchSize: 2_048, maxConcurrentFlushes: 32, timeoutMs: 1_000 };

  it('recovers if each item takes the receiver 3 ms', async () => {
    const one: RecoveryCase = {
      ...receiver,
      ...pipeline,
      itemMs: 3,
      itemsPerSecond: 110,
      outage: '503',
      outageMs: 12_000,
    };
    expect((await recover(one, mostMs(one))).recoveredAfterMs).toBeLessThan(40_000);
  });

  it('recovers behind a link of 100 kB/s, and does not fill the link with retries', async () => {
    const one: RecoveryCase = {
      ...receiver,
      ...pipeline,
      bytesPerMs: 100,
      worksOnAborted: false,
      itemsPerSecond: 80,
      outage: 'silence',
      outageMs: 12_000,
    };
    const { recoveredAfterMs, metrics } = await recover(one, mostMs(one));
    expect(recoveredAfterMs).toBeLessThan(40_000);
    expect(metrics.eventsRetried).toBeLessThan(metrics.eventsFlushed / 2);
  });
});
