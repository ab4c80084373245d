import { diag } from '@opentelemetry/api';
import { describe, expect, it, vi } from 'vitest';
import { type HandedOver, handedOver } from '../../../pipeline/test/processor/handed-over.ts';
import { expectLaw } from '../../../pipeline/test/processor/processor-setup.ts';
import type { ReaderSetup } from './reader-setup.ts';

/** What can still be saved of a process that ends immediately. */
export function describeHandOver(setup: ReaderSetup): void {
  async function send(requests: readonly HandedOver[]): Promise<void> {
    for (const { url, headers, body } of requests) {
      // oxlint-disable-next-line no-await-in-loop -- in order
      const response = await fetch(url, { method: 'POST', headers, body });
      expect(response.status).toBe(200);
    }
  }

  describe('a hand-over', () => {
    it.each(['delta', 'cumulative', 'lowmemory'] as const)(
      'has the full values of everything that was recorded right before, with %s',
      async (kind) => {
        const { reader, recorded } = setup.subject(kind);
        recorded.next();
        await reader.forceFlush();
        recorded.next();
        recorded.next();
        const requests = handedOver(reader);
        expect(requests.map(({ signal, itemCount }) => ({ signal, itemCount }))).toEqual([
          { signal: 'metrics', itemCount: 4 },
        ]);
        await send(requests);
        recorded.expectAt(setup.collector);
        setup.expectInOrder();
        expect(reader.getMetrics()).toMatchObject({ eventsSpilled: 4, eventsDropped: 0 });
      },
    );

    it('has the values of instruments with views, of several meters, and the last ones of observable instruments', async () => {
      const reader = setup.reader({ exporter: setup.exporter() });
      const views = [{ instrumentName: 'orders', name: 'sales', attributesProcessors: [] }];
      const provider = setup.sdk.provider({ readers: [reader], views });
      const [shop, stock] = [provider.getMeter('shop'), provider.getMeter('stock')];
      const orders = shop.createCounter('orders');
      const items = stock.createUpDownCounter('items');
      stock.createObservableCounter('rows').addCallback((result) => result.observe(7));
      orders.add(1);
      items.add(5);
      await reader.forceFlush();
      orders.add(2);
      items.add(-1);
      await send(handedOver(reader));
      expect(setup.collector.totalOf('sales')).toBe(3);
      expect(setup.collector.lastValueOf('items')).toBe(4);
      expect(setup.collector.totalOf('rows')).toBe(7);
    });

    it('has the delta in hand first, then what was recorded since', async () => {
      setup.collector.setFault({ kind: 'hang' });
      const { reader, recorded } = setup.subject('delta', { exportIntervalMillis: 50 });
      recorded.next();
      await setup.collector.until((now) => now.counts().inFlight === 1);
      recorded.next();
      const requests = handedOver(reader);
      setup.collector.setFault(undefined);
      await send(requests);
      recorded.expectAt(setup.collector);
      setup.expectInOrder();
    });

    it('leaves out a cumulative collection in hand that is not in flight, because the last one has its values', async () => {
      setup.collector.setFault({ kind: 'status', code: 503 });
      const { reader, recorded } = setup.subject('cumulative', { exportIntervalMillis: 200 });
      recorded.next();
      await vi.waitFor(() => expect(reader.getMetrics()).toMatchObject({ eventsRetried: 4, inFlight: 0 }));
      recorded.next();
      const requests = handedOver(reader);
      expect(requests).toHaveLength(1);
      setup.collector.setFault(undefined);
      await send(requests);
      recorded.expectAt(setup.collector);
    });

    it('during a shutdown has the values that this would have collected, once', async () => {
      setup.collector.setFault({ kind: 'hang' });
      const options = { exportIntervalMillis: 50, drainTimeoutMillis: 60_000 };
      const { reader, recorded } = setup.subject('delta', options);
      recorded.next();
      await setup.collector.until((now) => now.counts().inFlight === 1);
      const shutdown = reader.shutdown();
      recorded.next();
      const requests = handedOver(reader);
      setup.collector.setFault(undefined);
      await send(requests);
      await shutdown;
      recorded.expectAt(setup.collector);
      expect(reader.getMetrics()).toMatchObject({ eventsAccepted: 8, eventsSpilled: 8 });
    });

    it('collects only once, and a giveUp counts the rest as drain_timeout', () => {
      const { reader, recorded } = setup.subject('delta');
      recorded.next();
      expect(reader.giveUp()).toBe(4);
      recorded.next();
      expect(reader.giveUp()).toBe(0);
      expect(handedOver(reader)).toEqual([]);
      expect(reader.getMetrics().droppedByReason).toMatchObject({ drain_timeout: 4 });
      expectLaw(reader);
    });

    it('has what is in hand if the SDK has changed, and says so in one line', async () => {
      const warn = vi.spyOn(diag, 'warn').mockReturnValue();
      setup.collector.setFault({ kind: 'status', code: 503 });
      const reader = setup.reader({ exportIntervalMillis: 50, exporter: setup.exporter() });
      const { collect } = providerOf(setup, reader);
      // A producer without the private fields of the SDK's.
      const changed = setup.reader({ exportIntervalMillis: 50, exporter: setup.exporter() });
      changed.setMetricProducer({ collect: () => collect.collect() });
      await vi.waitFor(() => expect(changed.getMetrics()).toMatchObject({ eventsRetried: 4, inFlight: 0 }));
      warn.mockClear();
      expect(handedOver(changed).map(({ itemCount }) => itemCount)).toEqual([4]);
      expect(warn.mock.calls.flat()).toEqual([
        expect.stringMatching(/could not be collected without waiting: the SDK has no _sharedState any more/),
      ]);
    });

    it('without a provider has nothing', () => {
      expect(handedOver(setup.reader())).toEqual([]);
    });
  });
}

function providerOf(setup: ReaderSetup, reader: ReturnType<ReaderSetup['reader']>) {
  const orders = setup.sdk
    .provider({ readers: [reader] })
    .getMeter('shop')
    .createCounter('orders');
  for (let route = 0; route < 4; route += 1) orders.add(1, { route });
  return { collect: reader };
}
