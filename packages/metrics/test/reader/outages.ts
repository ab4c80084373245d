import { beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../../test/collector/src/index.ts';
import { INTERVAL, type ReaderSetup, simulateTime, type Subject } from './reader-setup.ts';

const INTERVALS = 10;

const OUTAGES: readonly (readonly [string, Fault | 'interrupted'])[] = [
  ['answers 503', { kind: 'status', code: 503 }],
  ['asks to wait with 429 and Retry-After', { kind: 'status', code: 429, retryAfter: '25' }],
  ['never answers', { kind: 'hang' }],
  ['resets connections', { kind: 'reset' }],
  ['is gone', 'interrupted'],
];

/** The collector is down for ten intervals, in each of which something is recorded. */
async function outlive(setup: ReaderSetup, { reader, recorded }: Subject, fault: Fault | 'interrupted') {
  recorded.next();
  await setup.pass(INTERVAL);
  expect(reader.getMetrics()).toMatchObject({ bufferSize: 0, inFlight: 0 });
  if (fault === 'interrupted') await setup.collector.interrupt();
  else setup.collector.setFault(fault);
  const sizes = new Set<number>();
  const bytes = new Set<number>();
  for (let interval = 0; interval < INTERVALS; interval += 1) {
    recorded.next();
    // oxlint-disable-next-line no-await-in-loop -- one interval after the other
    await setup.pass(INTERVAL);
    const { bufferSize, inFlight, bufferBytes } = reader.getMetrics();
    sizes.add(bufferSize + inFlight);
    bytes.add(bufferBytes);
  }
  await setup.collector.heal();
  await setup.pass(4 * INTERVAL);
  return { sizes, bytes };
}

/** What becomes of metrics while the collector does not take them. */
export function describeOutages(setup: ReaderSetup): void {
  describe('while the collector does not take metrics', () => {
    beforeEach(() => simulateTime());

    describe('an outage of ten intervals', () => {
      it.each(OUTAGES)('loses no delta, if the collector %s: the sums are exact', async (_, fault) => {
        const subject = setup.subject('delta');
        const { sizes, bytes } = await outlive(setup, subject, fault);
        subject.recorded.expectAt(setup.collector);
        setup.expectInOrder();
        expect(setup.collector.countsOf('metrics').duplicates).toBe(0);
        expect(subject.reader.getMetrics()).toMatchObject({ eventsDropped: 0, eventsFailed: 0, bufferSize: 0 });
        // One collection was in hand all the time.
        expect([sizes, bytes].map((values) => values.size)).toEqual([1, 1]);
      });

      it.each(OUTAGES)('ends with the newest cumulative values, if the collector %s', async (_, fault) => {
        const subject = setup.subject('cumulative');
        const { sizes } = await outlive(setup, subject, fault);
        subject.recorded.expectAt(setup.collector);
        setup.expectInOrder();
        const { droppedByReason, eventsDropped, eventsFailed, eventsRetried } = subject.reader.getMetrics();
        expect(droppedByReason.superseded).toBeGreaterThan(0);
        expect({ eventsDropped, eventsFailed }).toEqual({ eventsDropped: droppedByReason.superseded, eventsFailed: 0 });
        expect(eventsRetried).toBeGreaterThan(0);
        expect(sizes.size, 'one collection was in hand all the time').toBe(1);
      });
    });

    it('a delivery that was overdue is followed by the next collection at the next interval, not by a burst', async () => {
      const { reader, recorded } = setup.subject('delta');
      setup.collector.setFault({ kind: 'status', code: 503 });
      recorded.next();
      await setup.pass(INTERVALS * INTERVAL);
      setup.collector.setFault(undefined);
      await setup.pass(INTERVAL);
      const { requests } = setup.collector;
      const accepted = requests.filter(({ status }) => status === 200).length;
      recorded.next();
      await setup.pass(3 * INTERVAL);
      expect(requests.filter(({ status }) => status === 200).length - accepted).toBeLessThanOrEqual(3);
      expect(reader.getMetrics()).toMatchObject({ bufferSize: 0, eventsDropped: 0 });
    });

    it('a collection without deltas is superseded, even if the one before had some', async () => {
      const { reader, meter } = setup.subject('delta');
      meter.createCounter('sales').add(1);
      await setup.pass(INTERVAL);
      const stock = meter.createUpDownCounter('items');
      setup.collector.setFault({ kind: 'status', code: 503 });
      stock.add(5);
      await setup.pass(3 * INTERVAL);
      stock.add(-2);
      await setup.pass(INTERVAL);
      expect(reader.getMetrics().droppedByReason.superseded).toBeGreaterThan(0);
      setup.collector.setFault(undefined);
      await setup.pass(INTERVAL);
      expect(setup.collector.lastValueOf('items')).toBe(3);
      expect(setup.collector.totalOf('sales')).toBe(1);
    });

    describe('a collection that is larger than a request may be', () => {
      it.each(['delta', 'cumulative'] as const)('is split by points after 413, with %s', async (temporality) => {
        const { reader, meter } = setup.subject(temporality);
        const orders = meter.createCounter('sales');
        for (let route = 0; route < 100; route += 1) orders.add(route, { route: `/route/${route}` });
        setup.collector.setFault({ kind: 'max-body', bytes: 2_000 });
        await setup.pass(INTERVAL + 5_000);
        expect(setup.collector.totalOf('sales')).toBe(4_950);
        expect(setup.collector.countsOf('metrics')).toEqual({ items: 100, unique: 100, duplicates: 0 });
        expect(reader.getMetrics()).toMatchObject({ eventsFlushed: 100, eventsDropped: 0, eventsFailed: 0 });
      });
    });

    it('a partial success counts the rejected data points', async () => {
      const { reader, recorded } = setup.subject('delta');
      setup.collector.queueFaults({ kind: 'partial-success', rejected: 3, message: 'too old' });
      recorded.next();
      await setup.pass(INTERVAL);
      expect(reader.getMetrics()).toMatchObject({ eventsFlushed: 1, eventsFailed: 3 });
      expect(reader.getMetrics().droppedByReason).toMatchObject({ rejected: 3 });
    });

    it('a lost answer makes deltas count twice, and they are counted as retried', async () => {
      const { reader, recorded } = setup.subject('delta');
      setup.collector.queueFaults({ kind: 'reset', keepsItems: true });
      recorded.next();
      await setup.pass(2 * INTERVAL);
      const { collector } = setup;
      const twice = collector.repeatedOf('orders', { route: '/b' });
      expect(twice).toBeGreaterThan(0);
      expect(collector.totalOf('orders', { route: '/b' })).toBe(recorded.orders('/b') + twice);
      expect(reader.getMetrics().eventsRetried).toBe(collector.countsOf('metrics').duplicates);
    });

    it('one poisoned series costs only its own points, and the others go on', async () => {
      const { reader, meter } = setup.subject('delta', { exportIntervalMillis: 1_000 });
      const good = meter.createCounter('good');
      meter.createCounter('bad').add(1);
      setup.collector.setFault({ kind: 'poison', id: 'bad{}', fault: { kind: 'reset' } });
      for (let second = 0; second < 120; second += 1) {
        good.add(1);
        // oxlint-disable-next-line no-await-in-loop -- one second after the other
        await setup.pass(1_000);
      }
      expect(setup.collector.totalOf('good')).toBeGreaterThan(100);
      expect(reader.getMetrics().droppedByReason).toMatchObject({ undeliverable: 1 });
      expect(reader.getMetrics().eventsDropped).toBe(0);
    });
  });
}
