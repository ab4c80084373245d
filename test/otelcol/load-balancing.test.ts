import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { arrivalsOf } from './src/arrivals.ts';
import { CollectorProcess } from './src/collector-process.ts';
import { freePorts } from './src/free-ports.ts';
import { noCollector } from './src/otel-collector.ts';
import type { Received } from './src/received.ts';
import { Shop } from './src/shop.ts';
import { SteadyLoad } from './src/steady-load.ts';

const PER_SECOND = 5_000;
const example = (file: string): string =>
  fileURLToPath(new URL(`../../examples/load-balancing/${file}`, import.meta.url));

let gateway: CollectorProcess;
let backends: readonly CollectorProcess[];
let shop: Shop;
let load: SteadyLoad;

beforeEach(async () => {
  const [entrance = 0, ...behind] = await freePorts(3);
  const addresses = behind.map((port) => `127.0.0.1:${port}`);
  backends = addresses.map(
    (address) => new CollectorProcess({ configuration: example('backend.yaml'), env: { BACKEND_ENDPOINT: address } }),
  );
  gateway = new CollectorProcess({
    configuration: example('gateway.yaml'),
    env: { GATEWAY_ENDPOINT: `127.0.0.1:${entrance}`, BACKEND_1: addresses[0] ?? '', BACKEND_2: addresses[1] ?? '' },
  });
  await Promise.all([gateway, ...backends].map((collector) => collector.start()));
  shop = new Shop(`http://127.0.0.1:${entrance}`);
  load = new SteadyLoad([shop], PER_SECOND);
});

afterEach(async () => {
  load.end();
  await shop.shutdown();
  await Promise.all([gateway, ...backends].map((collector) => collector[Symbol.asyncDispose]()));
});

async function settle(): Promise<readonly Received[]> {
  load.end();
  await shop.forceFlush();
  for (const processor of shop.processors) {
    expect(processor.getMetrics()).toMatchObject({ bufferSize: 0, inFlight: 0, eventsDropped: 0, eventsFailed: 0 });
  }
  return backends.map((backend) => backend.received('received'));
}

/** The traces of some items. */
function tracesIn(items: readonly { readonly item: { readonly traceId?: string } }[]): ReadonlySet<string | undefined> {
  return new Set(items.map(({ item }) => item.traceId));
}

const NO_TRACES: ReadonlySet<string | undefined> = new Set();

function expectEachTraceWholeAtOne(received: readonly Received[]): void {
  for (const of of [(each: Received) => each.spans, (each: Received) => each.logRecords]) {
    const [first = NO_TRACES, second = NO_TRACES] = received.map((each) => tracesIn(of(each)));
    expect([...first].filter((traceId) => second.has(traceId))).toEqual([]);
    // The exporter itself promises only a few percent.
    expect(first.size).toBeGreaterThan(second.size / 2);
    expect(second.size).toBeGreaterThan(first.size / 2);
  }
}

/** @returns how many items came twice */
function expectNothingLost(received: readonly Received[]): { readonly traces: number; readonly logs: number } {
  const arrivals = received.map(arrivalsOf);
  const again = { traces: 0, logs: 0 };
  for (const signal of ['traces', 'logs'] as const) {
    const times = shop.made[signal].map((id) => arrivals.reduce((sum, each) => sum + (each[signal].get(id) ?? 0), 0));
    expect(
      times.filter((count) => count === 0),
      signal,
    ).toEqual([]);
    again[signal] = times.reduce((sum, count) => sum + count - 1, 0);
  }
  return again;
}

/** Items in flight, which a killed Collector may have received without an answer; or items that were sent again. */
function totals(key: 'inFlight' | 'eventsRetried'): { readonly traces: number; readonly logs: number } {
  return { traces: shop.spanProcessor.getMetrics()[key], logs: shop.logRecordProcessor.getMetrics()[key] };
}

describe.skipIf(noCollector)('two Collectors behind one that balances the load by trace', () => {
  it('have each trace complete at one of them, and every item once', async () => {
    await load.lasts(2_000);
    const received = await settle();
    expect(expectNothingLost(received)).toEqual({ traces: 0, logs: 0 });
    expectEachTraceWholeAtOne(received);
  });

  it('lose nothing if one of them is killed and restarted, and get at most the items in flight, or retried ones, twice', async () => {
    await load.lasts(700);
    const inFlight = totals('inFlight');
    await backends[0]?.kill();
    await load.lasts(1_500);
    await backends[0]?.start();
    await load.lasts(500);
    const received = await settle();
    const again = expectNothingLost(received);
    const retried = totals('eventsRetried');
    expect(again.traces).toBeLessThanOrEqual(inFlight.traces + retried.traces);
    expect(again.logs).toBeLessThanOrEqual(inFlight.logs + retried.logs);
    expectEachTraceWholeAtOne(received);
  });

  it('lose nothing if the one in front is killed and restarted, and get at most the items in flight twice', async () => {
    await load.lasts(700);
    const inFlight = totals('inFlight');
    await gateway.kill();
    await load.lasts(1_000);
    await gateway.start();
    await load.lasts(500);
    const received = await settle();
    const again = expectNothingLost(received);
    expect(again.traces).toBeLessThanOrEqual(inFlight.traces);
    expect(again.logs).toBeLessThanOrEqual(inFlight.logs);
    expectEachTraceWholeAtOne(received);
  });
});
