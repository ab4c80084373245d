import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventSignal } from '../collector/src/index.ts';
import { Service, type ServiceOptions } from '../faults/service.ts';
import { AnswerHolder } from './src/answer-holder.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';
import { type Outcome, outcomesOf, totalsOf } from './src/outcomes.ts';
import type { Received } from './src/received.ts';
import { SteadyLoad } from './src/steady-load.ts';

const SIGNALS = ['traces', 'logs'] as const;
/** Spans per second, and as many log records. */
const PER_SECOND = 5_000;

let collector: OtelCollector<'main'>;
let services: readonly Service[] = [];
let load: SteadyLoad;

beforeEach(async () => {
  collector = await startOtelCollector({ routes: { main: {} } });
});

afterEach(async () => {
  load.end();
  await Promise.all(services.map((service) => service.shutdown()));
  await collector[Symbol.asyncDispose]();
});

/** A service for each signal, and load on both. */
function startLoad(options: Partial<ServiceOptions> = {}): void {
  services = SIGNALS.map((signal) => new Service(signal, { url: collector.urlOf('main'), ...options }));
  load = new SteadyLoad(services, PER_SECOND);
}

/** Ends the load, and waits until everything that was kept is delivered. */
async function settle(): Promise<void> {
  load.end();
  await Promise.all(services.map((service) => service.forceFlush()));
  for (const { processor } of services) expect(processor.getMetrics()).toMatchObject({ bufferSize: 0, inFlight: 0 });
}

function totals(key: 'inFlight' | 'bufferSize' | 'eventsRetried'): Record<EventSignal, number> {
  return totalsOf(services, key);
}

function outcomes(received: Received): Record<EventSignal, Outcome> {
  return outcomesOf(services, received);
}

/** Checks that nothing is lost, and that at most this many items arrived twice. */
function expectNothingLost(received: Received, mostDuplicates: Readonly<Record<EventSignal, number>>): void {
  const found = outcomes(received);
  for (const signal of SIGNALS) {
    expect(found[signal].made, signal).toBeGreaterThan(PER_SECOND);
    expect(found[signal].missing, signal).toBe(0);
    expect(found[signal].duplicates, signal).toBeLessThanOrEqual(mostDuplicates[signal]);
  }
  for (const { processor } of services)
    expect(processor.getMetrics()).toMatchObject({ eventsDropped: 0, eventsFailed: 0 });
}

const NONE = { traces: 0, logs: 0 };

describe.skipIf(noCollector)('5 000 spans and 5 000 log records a second, to the real Collector', () => {
  describe.each(['http/protobuf', 'grpc'] as const)('over %s', (protocol) => {
    const overProtocol = () => (protocol === 'grpc' ? { otlp: { protocol, url: collector.grpcUrlOf('main') } } : {});

    it('all arrive once if the Collector is stopped and started again', async () => {
      startLoad(overProtocol());
      await load.lasts(700);
      await collector.stop();
      await load.lasts(1_000);
      expect(Math.min(...Object.values(totals('bufferSize')))).toBeGreaterThan(PER_SECOND / 2);
      await collector.start();
      await load.lasts(700);
      await settle();
      expectNothingLost(collector.received('main'), NONE);
    });

    it('all arrive if the Collector is killed twice, and only items in flight arrive twice', async () => {
      startLoad(overProtocol());
      await load.lasts(700);
      const first = totals('inFlight');
      await collector.kill();
      await load.lasts(1_000);
      await collector.start();
      await load.lasts(1_000);
      const second = totals('inFlight');
      await collector.kill();
      await load.lasts(500);
      await collector.start();
      await settle();
      expectNothingLost(collector.received('main'), {
        traces: first.traces + second.traces,
        logs: first.logs + second.logs,
      });
    });
  });

  it('all arrive if the Collector is killed before its answers come, and only unanswered items arrive twice', async () => {
    await using holder = await AnswerHolder.before(collector.portsOf('main').http);
    startLoad({ url: holder.url });
    await load.lasts(500);
    holder.hold();
    // By then, as many requests wait as may be in flight, and the Collector has written all of them.
    await load.lasts(500);
    const unanswered = totals('inFlight');
    await collector.kill();
    holder.release();
    await collector.start();
    await load.lasts(300);
    await settle();
    expectNothingLost(collector.received('main'), unanswered);
    const { traces, logs } = outcomes(collector.received('main'));
    expect(traces.duplicates).toBeGreaterThan(0);
    expect(logs.duplicates).toBeGreaterThan(0);
  });

  it('all arrive once if the Collector pauses for less than the time-out of a request', async () => {
    startLoad({ otlp: { timeoutMillis: 10_000 } });
    await load.lasts(700);
    collector.pause();
    await load.lasts(1_500);
    collector.resume();
    await load.lasts(500);
    await settle();
    expectNothingLost(collector.received('main'), NONE);
    expect(totals('eventsRetried')).toEqual(NONE);
  });

  it('all arrive if the Collector pauses for longer than the time-out, and only retried items arrive twice', async () => {
    startLoad({ otlp: { timeoutMillis: 300 } });
    await load.lasts(700);
    collector.pause();
    await load.lasts(2_000);
    collector.resume();
    await load.lasts(500);
    await settle();
    const retried = totals('eventsRetried');
    expect(Math.min(...Object.values(retried))).toBeGreaterThan(0);
    expectNothingLost(collector.received('main'), retried);
  });

  it('all arrive once if a program that does not speak HTTP takes the Collector’s port', async () => {
    startLoad();
    await load.lasts(700);
    await collector.stop();
    const other = createTcpServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('SSH-2.0-OpenSSH_9.9\r\n'),
    );
    await once(other.listen(collector.portsOf('main').http, '127.0.0.1'), 'listening');
    await expect(collector.start()).rejects.toThrow('address already in use');
    await load.lasts(1_000);
    expect(Math.min(...Object.values(totals('eventsRetried')))).toBeGreaterThan(0);
    await once(other.close(), 'close');
    await collector.start();
    await load.lasts(500);
    await settle();
    expectNothingLost(collector.received('main'), NONE);
  });

  it('are lost, and counted one by one, only if a web server on the Collector’s port rejects them', async () => {
    startLoad();
    await load.lasts(700);
    await collector.stop();
    const other = createServer((request, response) =>
      request.resume().on('end', () => response.writeHead(404).end('no such page')),
    );
    await once(other.listen(collector.portsOf('main').http, '127.0.0.1'), 'listening');
    await load.until(() => services.every(({ processor }) => processor.getMetrics().eventsFailed > 0));
    const closed = once(other.close(), 'close');
    other.closeAllConnections();
    await closed;
    await collector.start();
    await load.lasts(500);
    await settle();
    const found = outcomes(collector.received('main'));
    for (const { signal, processor } of services) {
      const { droppedByReason, eventsFailed } = processor.getMetrics();
      expect(found[signal].missing).toBeGreaterThan(0);
      expect(droppedByReason.rejected).toBe(found[signal].missing);
      expect(eventsFailed).toBe(found[signal].missing);
      expect(found[signal].duplicates).toBe(0);
    }
  });

  it('are lost, and counted one by one, only if the queue is too small for a long outage', async () => {
    startLoad({ maxQueueSize: 4_000, strategy: 'drop_oldest' });
    await load.lasts(500);
    const inFlight = totals('inFlight');
    await collector.kill();
    await load.lasts(1_500);
    await collector.start();
    await load.lasts(500);
    await settle();
    const found = outcomes(collector.received('main'));
    for (const { signal, processor } of services) {
      const { eventsDropped, eventsNotBuilt } = processor.getMetrics();
      // While the whole queue is in flight, nothing can be evicted for a new log record, so the SDK is told not to
      // build it.
      const lost = eventsDropped + eventsNotBuilt;
      expect(found[signal].missing).toBeGreaterThan(PER_SECOND / 2);
      // Items in flight at the kill may have arrived, and been dropped because there was no answer.
      expect(found[signal].missing).toBeLessThanOrEqual(lost);
      expect(found[signal].missing).toBeGreaterThanOrEqual(lost - inFlight[signal]);
      expect(found[signal].duplicates).toBeLessThanOrEqual(inFlight[signal]);
    }
  });
});
