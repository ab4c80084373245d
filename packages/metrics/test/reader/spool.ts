import { beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../../test/collector/src/index.ts';
import { MemorySpool, type MemorySpoolOptions } from '../../../pipeline/test/spool/memory-spool.ts';
import { expectLaw } from '../../../pipeline/test/processor/processor-setup.ts';
import { INTERVAL, type ReaderSetup, simulateTime } from './reader-setup.ts';

const INTERVALS = 10;
/** Data points of a collection of the recorder. */
const POINTS = 4;

const FAULTS: readonly Fault[] = [
  { kind: 'status', code: 503 },
  { kind: 'status', code: 429, retryAfter: '25' },
  { kind: 'hang' },
  { kind: 'reset' },
];

/** It asks again with the same request if that times out. */
const SPOOL: MemorySpoolOptions = { lateMillis: 20, divide: (request) => [request] };

/** What a spool adds while the collector does not take metrics. */
export function describeSpool(setup: ReaderSetup): void {
  describe('metrics with a spool', () => {
    beforeEach(() => simulateTime());

    it.each(FAULTS)('keep every collection of deltas in an outage, and arrive in order: $kind $code', async (fault) => {
      const spool = new MemorySpool(SPOOL);
      const { reader, recorded } = setup.subject('delta', { spool });
      recorded.next();
      await setup.pass(INTERVAL);
      expect(spool.asked).toBe(0);
      setup.collector.setFault(fault);
      for (let interval = 1; interval <= INTERVALS; interval += 1) {
        recorded.next();
        // oxlint-disable-next-line no-await-in-loop -- one interval after the other
        await setup.pass(INTERVAL);
        const { bufferSize, inFlight, replaying } = reader.getMetrics();
        // All but the collection in hand would survive a crash.
        expect(bufferSize + inFlight - replaying).toBeLessThanOrEqual(POINTS);
      }
      expect(reader.getMetrics().spool?.items).toBeGreaterThanOrEqual((INTERVALS - 4) * POINTS);
      await setup.collector.heal();
      await setup.pass(6 * INTERVAL);
      recorded.expectAt(setup.collector);
      setup.expectInOrder();
      const { eventsOffered, eventsFlushed, eventsDropped, eventsSpilled } = reader.getMetrics();
      expect({ eventsFlushed, eventsDropped, eventsSpilled }).toEqual({
        eventsFlushed: eventsOffered,
        eventsDropped: 0,
        eventsSpilled: 0,
      });
      // Not one for the whole outage.
      expect(eventsFlushed).toBeGreaterThanOrEqual((INTERVALS - 3) * POINTS);
    });

    it.each(FAULTS)('keep only the newest collection that is cumulative: $kind $code', async (fault) => {
      const spool = new MemorySpool(SPOOL);
      const { reader, recorded } = setup.subject('cumulative', { spool });
      recorded.next();
      await setup.pass(INTERVAL);
      setup.collector.setFault(fault);
      for (let interval = 1; interval <= INTERVALS; interval += 1) {
        recorded.next();
        // oxlint-disable-next-line no-await-in-loop -- one interval after the other
        await setup.pass(INTERVAL);
        // One may be stored while an older one is being resent.
        expect(reader.getMetrics().spool?.items).toBeLessThanOrEqual(2 * POINTS);
      }
      await setup.collector.heal();
      await setup.pass(4 * INTERVAL);
      recorded.expectAt(setup.collector);
      setup.expectInOrder();
      const { droppedByReason, eventsDropped, eventsSpilled } = reader.getMetrics();
      expect(droppedByReason.superseded).toBeGreaterThan(0);
      expect({ eventsDropped, eventsSpilled }).toEqual({ eventsDropped: droppedByReason.superseded, eventsSpilled: 0 });
    });

    it.each(['delta', 'cumulative', 'lowmemory'] as const)(
      'that a process could not deliver before it ended come from the next one: %s',
      async (temporality) => {
        const spool = new MemorySpool(SPOOL);
        const first = setup.subject(temporality, { spool });
        setup.collector.setFault({ kind: 'status', code: 503 });
        for (let interval = 0; interval < 4; interval += 1) {
          first.recorded.next();
          // oxlint-disable-next-line no-await-in-loop -- one interval after the other
          await setup.pass(INTERVAL);
        }
        first.recorded.next();
        const ended = first.reader.shutdown();
        await setup.pass(1_000);
        await ended;
        const { eventsSpilled, eventsDropped, droppedByReason } = first.reader.getMetrics();
        expect(eventsSpilled).toBeGreaterThan(0);
        expect(eventsDropped).toBe(droppedByReason.superseded);
        expect(spool.left.get('metrics')?.reduce((sum, { items }) => sum + items, 0)).toBe(eventsSpilled);

        const second = setup.reader({ exporter: setup.exporter({ temporalityPreference: temporality }), spool });
        setup.sdk.provider({ readers: [second] });
        await setup.collector.heal();
        await setup.pass(3 * INTERVAL);
        first.recorded.expectAt(setup.collector);
        setup.expectInOrder();
        expect(second.getMetrics()).toMatchObject({ eventsFlushed: eventsSpilled, eventsSpilled: 0, eventsDropped: 0 });
      },
    );

    it('that are cumulative do not supersede deltas that are stored', async () => {
      const spool = new MemorySpool(SPOOL);
      const { reader, meter } = setup.subject('delta', { spool });
      const stock = meter.createUpDownCounter('items');
      setup.collector.setFault({ kind: 'status', code: 503 });
      meter.createCounter('sales').add(7);
      stock.add(5);
      await setup.pass(3 * INTERVAL);
      expect(reader.getMetrics().spool?.items).toBeGreaterThanOrEqual(3);
      await setup.collector.heal();
      await setup.pass(3 * INTERVAL);
      expect(setup.collector.totalOf('sales')).toBe(7);
      expect(setup.collector.lastValueOf('items')).toBe(5);
      expect(reader.getMetrics()).toMatchObject({ eventsDropped: 0, eventsSpilled: 0 });
    });

    it('are collected less often while the spool refuses them, as without one, and nothing is lost', async () => {
      const spool = new MemorySpool(SPOOL);
      spool.refuses = true;
      const { reader, recorded } = setup.subject('delta', { spool });
      setup.collector.setFault({ kind: 'status', code: 503 });
      for (let interval = 0; interval < INTERVALS; interval += 1) {
        recorded.next();
        // oxlint-disable-next-line no-await-in-loop -- one interval after the other
        await setup.pass(INTERVAL);
      }
      expect(reader.getMetrics()).toMatchObject({ eventsOffered: POINTS, eventsSpilled: 0 });
      await setup.collector.heal();
      await setup.pass(4 * INTERVAL);
      recorded.expectAt(setup.collector);
      setup.expectInOrder();
    });

    it('do not overtake what is stored, even if they are flushed, and a flush does not wait for what is stored', async () => {
      const spool = new MemorySpool({ lateMillis: 5_000 });
      const { reader, recorded } = setup.subject('delta', { spool });
      setup.collector.setFault({ kind: 'status', code: 503 });
      recorded.next();
      await setup.pass(3 * INTERVAL);
      expect(reader.getMetrics().eventsSpilled).toBeGreaterThan(0);
      await setup.collector.heal();
      recorded.next();
      const flushed = reader.forceFlush();
      await setup.pass(1_000);
      await flushed;
      expect(setup.collector.countsOf('metrics').items).toBe(0);
      expectLaw(reader);
      await setup.pass(20 * INTERVAL);
      recorded.expectAt(setup.collector);
      setup.expectInOrder();
    });

    it.each(['delta', 'cumulative'] as const)(
      'are stored when a forceFlush resolves during an outage: %s',
      async (temporality) => {
        const spool = new MemorySpool({ ...SPOOL, lateMillis: 60_000 });
        const { reader, recorded } = setup.subject(temporality, { spool });
        setup.collector.setFault({ kind: 'hang' });
        recorded.next();
        const flushed = reader.forceFlush({ timeoutMillis: 1_000 });
        await setup.pass(1_000);
        await flushed;
        expect(reader.getMetrics()).toMatchObject({ eventsSpilled: POINTS, bufferSize: 0, inFlight: 0 });
      },
    );

    it('that are left at process.exit are stored at once', async () => {
      const spool = new MemorySpool(SPOOL);
      const { reader, recorded } = setup.subject('delta', { spool });
      recorded.next();
      while (reader.handOverNext(() => false));
      expect(reader.getMetrics()).toMatchObject({ eventsSpilled: POINTS, eventsDropped: 0 });
      expect(spool.left.get('metrics')?.length).toBe(1);
    });
  });
}
