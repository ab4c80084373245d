import { diag } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, type EventSignal, type Fault, startCollector } from '../collector/src/index.ts';
import { Service, type ServiceOptions } from './service.ts';
import { urlFor, WIRES } from './wire.ts';

const SIGNALS = [
  { signal: 'traces', items: 'spans' },
  { signal: 'logs', items: 'log records' },
] as const;

/** Requests that were sent before an answer came may arrive for this long. */
const IN_FLIGHT_MILLIS = 300;

describe.each(WIRES)('over %s,', (wire) => {
  let collector: Collector;
  const services: Service[] = [];

  function startService(signal: EventSignal, options: Partial<ServiceOptions> = {}): Service {
    const service = new Service(signal, { wire, url: urlFor(wire, collector), ...options });
    services.push(service);
    return service;
  }

  beforeEach(async () => {
    collector = await startCollector({ grpc: wire === 'gRPC' });
  });

  afterEach(async () => {
    collector.setFault(undefined);
    await Promise.all(services.splice(0).map((service) => service.shutdown()));
    await collector.close();
  });

  function expectDelivered(service: Service, times: 'once' | 'at least once' = 'once'): void {
    const ids = collector.idsOf(service.signal);
    const isWrong = (id: string) => (times === 'once' ? ids.get(id) !== 1 : ids.get(id) === undefined);
    expect(service.made.filter(isWrong)).toEqual([]);
  }

  describe.each(SIGNALS)('$items and', ({ signal }) => {
    describe('a collector that answers', () => {
      it.each(['none', 'gzip'] as const)('gets every item (compression: %s)', async (compression) => {
        const service = startService(signal, { otlp: { compression } });
        service.make(2_000);
        await service.forceFlush();
        expectDelivered(service);
      });
    });

    describe('a collector that throttles', () => {
      it('gets no request of the pipeline for as long as Retry-After says', async () => {
        const service = startService(signal, { maxExportBatchSize: 10 });
        service.make(100);
        await service.forceFlush();
        const before = collector.requests.length;

        collector.queueFaults({ kind: 'status', code: 429, retryAfter: '2' });
        service.make(100);
        await collector.until(({ requests }) => requests.some(({ status }) => status === 429));
        service.make(100);
        await collector.until(({ counts }) => counts.call(collector).unique === 300);

        const throttled = collector.requests.findIndex(({ status }) => status === 429);
        const answeredAt = collector.requests[throttled]?.answeredAt ?? 0;
        const later = collector.requests.slice(before).filter(({ at }) => at > answeredAt + IN_FLIGHT_MILLIS);
        expect(later.length).toBeGreaterThan(1);
        expect(Math.min(...later.map(({ at }) => at)) - answeredAt).toBeGreaterThanOrEqual(1_950);
        expectDelivered(service);
      });

      it('does not get the next request immediately even if Retry-After asks for that', async () => {
        const service = startService(signal);
        collector.setFault({ kind: 'status', code: 503, retryAfter: '0.0001' });
        service.make(1);
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect(collector.requests.length).toBeLessThanOrEqual(11);
        collector.setFault(undefined);
        await service.forceFlush();
        expectDelivered(service);
      });

      it('gets requests with growing pauses if it does not say how long to wait', async () => {
        const service = startService(signal);
        collector.queueFaults(...Array.from({ length: 4 }, () => ({ kind: 'status', code: 503 }) as const));
        service.make(1);
        await collector.until(() => collector.counts().unique === 1);

        const at = collector.requests.map((request) => request.at);
        const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
        expect(pauses).toHaveLength(4);
        // With equal jitter, the n-th pause is between half and the whole of 100 ms x 2^n.
        pauses.forEach((pause, index) => expect(pause).toBeGreaterThanOrEqual(50 * 2 ** index - 5));
        expectDelivered(service);
      });
    });

    describe('a collector that repeats request headers in its answers', () => {
      it('does not get a header into an error or a log line', async () => {
        const lines: string[] = [];
        const say = (line: string): void => void lines.push(line);
        diag.setLogger(
          { error: say, warn: say, info: say, debug: say, verbose: say },
          { suppressOverrideMessage: true },
        );
        const service = startService(signal, { otlp: { headers: { authorization: 'Bearer sEcReT-token' } } });
        collector.queueFaults({ kind: 'status', code: 401, body: 'no such token: Bearer sEcReT-token' });
        service.make(1);
        await service.shutdown();
        diag.disable();
        expect(lines.join('\n')).toContain('401');
        expect(lines.join('\n')).not.toContain('sEcReT');
      });
    });

    describe('a collector with a limit on the size of a request', () => {
      it('gets batches in halves, and then no more requests that are too large', async () => {
        const limit = 4_000;
        collector.setFault({ kind: 'max-body', bytes: limit });
        const service = startService(signal, { maxExportBatchSize: 200 });
        service.make(200);
        await service.forceFlush();
        expectDelivered(service);
        const refused = collector.requests.filter(({ status }) => status === 413).length;
        expect(refused).toBeGreaterThan(0);
        expect(refused).toBeLessThan(10);

        service.make(400);
        await service.forceFlush();
        expectDelivered(service);
        expect(collector.requests.filter(({ status }) => status === 413)).toHaveLength(refused);
      });

      it('costs only the one item that is too large on its own, with the reason too_large', async () => {
        collector.setFault({ kind: 'max-body', bytes: 2_000 });
        const service = startService(signal);
        service.make(3);
        service.make(1, 'x'.repeat(5_000));
        service.make(3);
        await service.forceFlush();

        expect(collector.counts().unique).toBe(6);
        expect(service.processor.getMetrics().droppedByReason.too_large).toBe(1);
      });
    });

    describe('a collector that accepts and never answers', () => {
      it('loses its connection when the time is up, and gets the batch again later', async () => {
        const service = startService(signal, { otlp: { timeoutMillis: 150 } });
        collector.queueFaults({ kind: 'hang' });
        service.make(5);
        await collector.until(() => collector.counts().unique === 5);

        expect(collector.requests[0]?.status).toBeUndefined();
        expect(collector.counts().unanswered).toBe(5);
        expectDelivered(service);
      });

      it('is also limited by the processor if the exporter has no time limit', async () => {
        const service = startService(signal, { exportTimeoutMillis: 150, otlp: { timeoutMillis: Infinity } });
        collector.queueFaults({ kind: 'hang' });
        service.make(5);
        await collector.until(() => collector.counts().unique === 5);
        expectDelivered(service);
      });

      it('does not delay a shutdown beyond its deadline, and the items in flight are counted', async () => {
        const service = startService(signal, { drainTimeoutMillis: 200 });
        collector.setFault({ kind: 'hang' });
        service.make(5);
        const startedAt = performance.now();
        await service.shutdown();

        expect(performance.now() - startedAt).toBeLessThan(2_000);
        expect(service.processor.getMetrics().droppedByReason.drain_timeout).toBe(5);
      });
    });

    describe('a collector that takes only a part of a batch', () => {
      it('causes exactly the rejected items to be counted, and they are not sent again', async () => {
        const service = startService(signal);
        collector.queueFaults({ kind: 'partial-success', rejected: 3, message: 'no room' });
        service.make(10);
        await service.forceFlush();

        const metrics = service.processor.getMetrics();
        expect(metrics.eventsFlushed).toBe(7);
        expect(metrics.eventsFailed).toBe(3);
        expect(metrics.droppedByReason.rejected).toBe(3);
        expect(collector.requests).toHaveLength(1);
      });
    });

    describe('a collector that refuses a batch for good', () => {
      it.each([400, 401, 404, 302])('with %i costs only that batch', async (code) => {
        const service = startService(signal);
        collector.queueFaults({ kind: 'status', code });
        service.make(10);
        await service.forceFlush();
        service.make(10);
        await service.forceFlush();

        const metrics = service.processor.getMetrics();
        expect(metrics.eventsFlushed).toBe(10);
        expect(metrics.droppedByReason.rejected).toBe(10);
        expect(collector.counts().unique).toBe(10);
      });
    });

    describe('a connection that breaks', () => {
      it.each(['reset', 'reset-mid-request', 'close-before-answer'] as const)('by %s causes no loss', async (kind) => {
        const service = startService(signal);
        service.make(10);
        await service.forceFlush();
        collector.queueFaults({ kind }, { kind });
        service.make(10);
        await collector.until(() => collector.counts().unique === 20);
        expectDelivered(service);
      });

      it('after every third request causes no loss, and only what had arrived comes twice', async () => {
        let count = 0;
        collector.setFault(() => (++count % 3 === 0 ? { kind: 'reset', keepsItems: count % 2 === 0 } : undefined));
        const service = startService(signal, { maxExportBatchSize: 20 });
        service.make(200);
        await service.forceFlush();
        expectDelivered(service, 'at least once');
      });

      it('after the items were taken causes duplicates, but no loss', async () => {
        const service = startService(signal);
        collector.queueFaults({ kind: 'reset', keepsItems: true });
        service.make(10);
        await service.forceFlush();
        expect(collector.counts()).toMatchObject({ unique: 10, duplicates: 10 });
      });
    });

    describe('an answer that makes no sense', () => {
      it.each<Fault>([
        { kind: 'garbage-response' },
        { kind: 'huge-response', bytes: 6 * 2 ** 20 },
        // See docs/reliability.md for why these are not of gRPC.
        ...(wire === 'gRPC'
          ? []
          : ([{ kind: 'slow-drip', bytesPerSecond: 1_000, bytes: 64 }, { kind: 'answer-before-body' }] as const)),
      ])('($kind) is ignored, and the items count as delivered', async (fault) => {
        const service = startService(signal);
        collector.queueFaults(fault);
        service.make(10);
        await service.forceFlush();
        expect(service.processor.getMetrics().eventsFlushed).toBe(10);
        service.make(10);
        await service.forceFlush();
        expect(service.processor.getMetrics()).toMatchObject({ eventsFlushed: 20, eventsDropped: 0, eventsFailed: 0 });
      });
    });
  });

  describe('a collector that restarts twice', () => {
    it('gets all items of both signals within 2 s of its return, each once', async () => {
      const both = SIGNALS.map(({ signal }) => startService(signal));
      const make = () => both.forEach((service) => service.make(50));
      // An answer that an outage cuts off would make duplicates.
      const flush = () => Promise.all(both.map((service) => service.forceFlush()));
      make();
      await flush();
      for (const [index, outageMillis] of [300, 3_000].entries()) {
        await collector.interrupt();
        make();
        await new Promise((resolve) => setTimeout(resolve, outageMillis));
        await collector.resume();
        await collector.until(() => collector.counts().unique === 100 * (index + 2), { timeoutMillis: 2_000 });
        await flush();
      }
      for (const service of both) expectDelivered(service);
    });
  });

  describe('a collector that is not there', () => {
    it('gets all items of both signals once it starts, 5 s after the application', async () => {
      await collector.interrupt();
      const both = SIGNALS.map(({ signal }) => startService(signal));
      for (let second = 0; second < 5; second += 1) {
        for (const service of both) service.make(100);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
      expect(both.map(({ processor }) => processor.getMetrics().circuit)).toEqual(['closed', 'closed']);
      await collector.resume();
      await collector.until(() => collector.counts().unique === 1_000);
      for (const service of both) expectDelivered(service);
    });
  });

  describe('a span that ends after a shutdown that was cut short', () => {
    it('is counted apart from the spans that were given up', async () => {
      const service = startService('traces', { drainTimeoutMillis: 50 });
      collector.setFault({ kind: 'hang' });
      service.make(5);
      await service.shutdown();
      service.make(1);
      expect(service.processor.getMetrics().droppedByReason).toMatchObject({ drain_timeout: 5, already_shutdown: 1 });
    });
  });

  // Flow control does not depend on the signal, so one signal is enough for a test that takes seconds.
  describe('a collector that serves two requests at a time', () => {
    it('gets at most four requests at a time once that has settled, and is kept busy', async () => {
      // This is long compared with the time that a busy machine adds to an answer.
      collector.setFault({ kind: 'limited', concurrency: 2, serviceMillis: 100 });
      const service = startService('traces', { maxExportBatchSize: 50 });
      // Twice as many items as it can serve, for six seconds, in small steps.
      for (let step = 0; step < 300; step += 1) {
        service.make(40);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const settled = collector.requests.filter(({ at }) => at > (collector.requests.at(-1)?.at ?? 0) - 3_000);
      const inFlight = settled.map((request) => request.inFlight).toSorted((a, b) => a - b);
      expect(inFlight[Math.floor(inFlight.length * 0.9)]).toBeLessThanOrEqual(4);
      expect(settled.length).toBeGreaterThan(((0.8 * 3_000) / 100) * 2);
      expect(service.processor.getMetrics().eventsDropped).toBe(0);
      collector.setFault(undefined);
    });
  });
});
