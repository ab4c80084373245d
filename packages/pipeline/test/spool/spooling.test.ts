import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FlushOutcome } from '@spillway/backpressure';
import { addTaker, type LossReport } from '@spillway/pipeline';
import { advance, resetClock, runningTimers, settle } from '../../../backpressure/test/fake-clock.ts';
import { setRandom } from '../../../backpressure/test/fake-random.ts';
import { delivered, numbers, retry, tooLarge, unreachable } from '../../../backpressure/test/held-consumer.ts';
import { watch } from '../../../backpressure/test/watched-promise.ts';
import { MemorySpool } from './memory-spool.ts';
import { idsInRequest } from './sample-requests.ts';
import { HeldCollector, sorted, spooledPipeline } from './spooled-pipeline.ts';

vi.mock('../../../backpressure/src/clock.ts', () => import('../../../backpressure/test/fake-clock.ts'));
vi.mock('../../../backpressure/src/random.ts', () => import('../../../backpressure/test/fake-random.ts'));

let lines: string[];

beforeEach(() => {
  resetClock();
  setRandom();
  lines = [];
  const at = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
  diag.setLogger(
    { error: at('error'), warn: at('warn'), info: at('info'), debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
  );
  lines.length = 0;
});
afterEach(() => diag.disable());

const allDelivered = (): FlushOutcome => delivered;
const allUnreachable = (): FlushOutcome => unreachable;

/** A pipeline whose spool loses, while it is closed, what it holds. */
async function closedWithLosses() {
  const spool = new MemorySpool();
  const closed = spooledPipeline({ spool });
  closed.collector.answerAll(allUnreachable);
  closed.offer(...numbers(1, 500));
  await advance(2_000);
  spool.losesAtClose = true;
  const ended = closed.pipeline.shutdown(1_000);
  await advance(1_000);
  await ended;
  return closed;
}

describe('a pipeline with a spool', () => {
  it('does not ask it while the collector is well', async () => {
    const spool = new MemorySpool();
    const { pipeline, collector, offer, metrics } = spooledPipeline({ spool });
    collector.answerAll(allDelivered);
    for (let round = 0; round < 50; round += 1) {
      offer(...numbers(round * 60 + 1, round * 60 + 60));
      await advance(50);
    }
    await pipeline.shutdown();
    expect(spool.asked).toBe(0);
    expect(metrics()).toMatchObject({ eventsFlushed: 3_000, eventsSpilled: 0 });
  });

  it.each([
    ['at once', {}],
    ['late', { lateMillis: 40 }],
    ['several at a time', { concurrency: 3 }],
  ])('loses nothing in an outage that is longer than memory, if the spool resends %s', async (_, options) => {
    const spool = new MemorySpool(options);
    const { pipeline, collector, offer, metrics } = spooledPipeline({ spool });
    collector.answerAll(allUnreachable);
    for (let id = 1; id <= 1_000; id += 1) {
      offer(id);
      await advance(60);
    }
    expect(metrics()).toMatchObject({ eventsAccepted: 1_000, eventsDropped: 0, eventsFailed: 0, eventsFlushed: 0 });
    expect(metrics().spool?.items).toBe(metrics().eventsSpilled + metrics().replaying);
    expect(metrics().bufferSize + metrics().inFlight).toBeLessThanOrEqual(100);
    collector.answerAll(allDelivered);
    await advance(30_000);
    expect(sorted(collector.arrived)).toEqual(numbers(1, 1_000));
    expect(metrics()).toMatchObject({ eventsFlushed: 1_000, eventsSpilled: 0, spool: { items: 0, bytes: 0 } });
    await pipeline.shutdown();
  });

  it('stores at its shutdown what it cannot deliver, and the next pipeline delivers that: both account for it', async () => {
    const spool = new MemorySpool();
    const first = spooledPipeline({ spool });
    first.collector.answerAll(allUnreachable);
    first.offer(...numbers(1, 40));
    const ended = first.pipeline.shutdown(1_000);
    await advance(2_000);
    await ended;
    expect(first.metrics()).toMatchObject({ eventsAccepted: 40, eventsSpilled: 40, eventsDropped: 0 });
    expect(lines).toContainEqual('info Pipe: handed 40 items to the spool, to be sent later');
    expect(lines.filter((line) => line.includes('undelivered'))).toEqual([]);

    const second = spooledPipeline({ spool });
    second.collector.answerAll(allDelivered);
    second.offer(41);
    await advance(10_000);
    expect(sorted(second.collector.arrived)).toEqual(numbers(1, 41));
    expect(second.metrics()).toMatchObject({
      eventsOffered: 41,
      eventsAccepted: 41,
      eventsFlushed: 41,
      eventsSpilled: 0,
    });
    expect(lines).toContainEqual(expect.stringMatching(/^info Pipe: delivered \d+ items from the spool$/));
    await second.pipeline.shutdown();
  });

  it('logs that the spool got items before it logs that they were delivered, however close to each other', async () => {
    const { collector, offer, pipeline, metrics } = spooledPipeline({ spool: new MemorySpool() });
    collector.answerAll(allUnreachable);
    offer(...numbers(1, 500));
    await advance(2_000);
    offer(...numbers(501, 1_000));
    await advance(1_000);
    collector.answerAll(allDelivered);
    await advance(5_000);
    expect(metrics()).toMatchObject({ eventsFlushed: 1_000, eventsDropped: 0, spool: { items: 0 } });
    await pipeline.shutdown();
    const said = lines.flatMap((line) => /(handed|delivered) (\d+) items/.exec(line)?.slice(1) ?? []);
    expect(said.filter((_, index) => index % 2 === 0).slice(-2)).toEqual(['handed', 'delivered']);
  });

  it('logs what its spool loses while it is closed, because no file takes it', async () => {
    const { metrics } = await closedWithLosses();
    const { spool_full: lost } = metrics().droppedByReason;
    expect(lost).toBeGreaterThan(0);
    expect(lines).toContainEqual(`warn Pipe: lost ${lost} items: ${lost} spool_full`);
  });

  it.each([
    ['is not there', () => unreachable],
    ['fails', () => retry],
    ['hangs', () => undefined],
  ])('has everything delivered or in files when a forceFlush resolves, if the collector %s', async (_, answerTo) => {
    const { collector, offer, pipeline, metrics } = spooledPipeline({ spool: new MemorySpool({ lateMillis: 60_000 }) });
    collector.answerTo = answerTo;
    offer(...numbers(1, 35));
    const flushed = watch(pipeline.forceFlush({ timeoutMillis: 5_000 }));
    await advance(5_000);
    expect(flushed).toMatchObject({ result: undefined, at: expect.any(Number) as number });
    expect(flushed.at).toBeLessThanOrEqual(5_000);
    expect(metrics()).toMatchObject({ eventsSpilled: 35, bufferSize: 0, inFlight: 0 });
    pipeline.giveUp();
  });

  it.each([
    ['is full', { refuses: true }],
    ['has it only in memory', { writes: false }],
  ])('rejects a forceFlush if the spool %s', async (_, state) => {
    const spool = Object.assign(new MemorySpool(), state);
    const { collector, offer, pipeline } = spooledPipeline({ spool });
    collector.answerAll(() => retry);
    offer(...numbers(1, 35));
    const flushed = watch(pipeline.forceFlush({ timeoutMillis: 2_000 }).catch((error: unknown) => String(error)));
    await advance(2_100);
    expect(flushed.result).toMatch(
      /^Error: forceFlush: not everything could be exported or stored within 2000 ms \(the last export failed: try again\)/,
    );
    pipeline.giveUp();
  });

  it('does not ask its spool for a forceFlush that the collector answers in time', async () => {
    const spool = new MemorySpool();
    const { collector, offer, pipeline, metrics } = spooledPipeline({ spool });
    offer(...numbers(1, 35));
    const flushed = watch(pipeline.forceFlush({ timeoutMillis: 2_000 }));
    await advance(1_500);
    collector.answerAll(allDelivered);
    await advance(200);
    expect(flushed.at).toBe(1_500);
    expect(spool.asked).toBe(0);
    expect(metrics()).toMatchObject({ eventsFlushed: 35 });
    pipeline.giveUp();
  });

  it('reports what its spool loses while it is closed', async () => {
    const reports: LossReport[] = [];
    onTestFinished(addTaker({ take: (report) => reports.push(report) > 0 }));
    const { metrics } = await closedWithLosses();
    expect(reports.map(({ kind, countByReason }) => ({ kind, countByReason }))).toEqual([
      { kind: 'lost', countByReason: { spool_full: metrics().droppedByReason.spool_full } },
    ]);
  });

  it('counts the items of another process once, however often they are resent, also in halves', async () => {
    const spool = new MemorySpool();
    const first = spooledPipeline({ spool });
    first.offer(...numbers(1, 40));
    expect(first.pipeline.handOverNext(() => false)).toBe(true);
    while (first.pipeline.handOverNext(() => false));
    expect(first.metrics()).toMatchObject({ eventsSpilled: 40, eventsDropped: 0 });

    const second = spooledPipeline({ spool });
    second.collector.answerAll(() => retry);
    await advance(5_000);
    expect(second.metrics().eventsFlushed).toBe(0);
    second.collector.answerAll((ids) => (ids.length > 3 ? tooLarge : delivered));
    await advance(60_000);
    expect(sorted(second.collector.arrived)).toEqual(numbers(1, 40));
    expect(second.collector.arrived.length).toBe(40);
    expect(second.metrics()).toMatchObject({
      eventsOffered: 40,
      eventsAccepted: 40,
      eventsFlushed: 40,
      eventsSpilled: 0,
    });
    await second.pipeline.shutdown();
  });

  it('finds the item for which a stored request fails, and delivers the others', async () => {
    const spool = new MemorySpool();
    const { pipeline, collector, offer, metrics } = spooledPipeline({ spool, maxConcurrentExports: 4 });
    collector.answerAll(allUnreachable);
    offer(...numbers(1, 90));
    await advance(1_000);
    expect(metrics().eventsSpilled).toBeGreaterThanOrEqual(40);
    collector.answerAll((ids) => (ids.includes(7) ? retry : delivered));
    for (let id = 91; id <= 400; id += 1) {
      offer(id);
      await advance(200);
    }
    expect(sorted(collector.arrived)).toEqual(numbers(1, 400).filter((id) => id !== 7));
    expect(metrics()).toMatchObject({ eventsSpilled: 0, eventsEvicted: 1 });
    expect(metrics().droppedByReason.undeliverable).toBe(1);
    // It is not tried in a hot loop.
    expect(collector.requests.filter(({ ids }) => ids.includes(7)).length).toBeLessThan(60);
    await pipeline.shutdown();
  });

  it('resends in halves what times out again and again, until it gets through', async () => {
    const spool = new MemorySpool();
    const { pipeline, collector, offer, metrics } = spooledPipeline({ spool, exportTimeoutMillis: 1_000 });
    collector.answerAll(allUnreachable);
    offer(...numbers(1, 90));
    await advance(1_000);
    const slow: FlushOutcome = { kind: 'retry', error: new Error('too slow'), timedOut: true };
    collector.answerAll((ids) => (ids.length > 4 ? slow : delivered));
    await advance(120_000);
    expect(sorted(collector.arrived)).toEqual(numbers(1, 90));
    expect(metrics()).toMatchObject({ eventsFlushed: 90, eventsSpilled: 0 });
    await pipeline.shutdown();
  });

  it('can send what a process with a larger queue has stored', async () => {
    const spool = new MemorySpool();
    const first = spooledPipeline({ spool, maxQueueSize: 1_000, maxExportBatchSize: 1_000 });
    first.offer(...numbers(1, 500));
    while (first.pipeline.handOverNext(() => false));
    const second = spooledPipeline({ spool, maxQueueSize: 10, maxExportBatchSize: 10, maxQueueBytes: 10_000 });
    second.collector.answerAll(allDelivered);
    await advance(60_000);
    expect(sorted(second.collector.arrived)).toEqual(numbers(1, 500));
    expect(second.metrics()).toMatchObject({ eventsAccepted: 500, eventsFlushed: 500 });
    await second.pipeline.shutdown();
  });

  it('counts an item that does not even fit its queue alone as too large', async () => {
    const spool = new MemorySpool();
    const first = spooledPipeline({ spool });
    first.pipeline.offer({ id: 1, bytes: 5_000 });
    while (first.pipeline.handOverNext(() => false));
    const second = spooledPipeline({ spool, maxQueueBytes: 1_000 });
    await advance(1_000);
    expect(second.metrics()).toMatchObject({ eventsAccepted: 1, eventsSpilled: 0, eventsEvicted: 1 });
    expect(second.metrics().droppedByReason.too_large).toBe(1);
    await second.pipeline.shutdown();
  });

  it('counts what the spool gives up with its reason, its own items and those of others', async () => {
    const spool = new MemorySpool({ maxBytes: 2_000, lateMillis: 1_000 });
    const first = spooledPipeline({ spool });
    first.collector.answerAll(allUnreachable);
    first.offer(...numbers(1, 300));
    await settle();
    const { spool_full: lost } = first.metrics().droppedByReason;
    expect(lost).toBeGreaterThan(0);
    expect(first.metrics()).toMatchObject({ eventsAccepted: 300, eventsEvicted: lost, eventsRefused: 0 });
    while (first.pipeline.handOverNext(() => false));
    const { eventsSpilled } = first.metrics();

    const second = spooledPipeline({ spool });
    const corrupt = spool.places[1]?.loseOldest('spool_corrupt') ?? 0;
    const expired = spool.places[1]?.loseOldest('expired') ?? 0;
    expect(second.metrics().droppedByReason).toMatchObject({ spool_corrupt: corrupt, expired });
    second.collector.answerAll(allDelivered);
    await advance(60_000);
    expect(second.metrics()).toMatchObject({
      eventsAccepted: eventsSpilled,
      eventsEvicted: corrupt + expired,
      eventsFlushed: eventsSpilled - corrupt - expired,
    });
    expect(lines).toContainEqual(expect.stringMatching(/^warn Pipe: lost \d+ items: \d+ spool_corrupt, \d+ expired$/));
    await second.pipeline.shutdown();
  });

  it('evicts as without a spool while that refuses items, and stores again as soon as it is ready', async () => {
    const spool = new MemorySpool({ lateMillis: 100 });
    const { pipeline, offer, metrics } = spooledPipeline({ spool });
    spool.refuses = true;
    offer(...numbers(1, 150));
    expect(metrics()).toMatchObject({ eventsEvicted: 50, eventsSpilled: 0, bufferSize: 100 });
    expect(spool.asked).toBe(1);
    await advance(10);
    spool.recover();
    offer(...numbers(151, 200));
    expect(metrics()).toMatchObject({ eventsEvicted: 50 });
    expect(metrics().eventsSpilled).toBeGreaterThan(0);
    pipeline.giveUp();
  });
});

describe('the end of a pipeline with a spool', () => {
  it('gives the requests that the spool does not take to the taker, as without a spool', () => {
    const spool = new MemorySpool();
    const collector = new HeldCollector(
      {},
      { requestOf: (body) => ({ protocol: 'http/protobuf', url: 'x:', headers: {}, body }) },
    );
    const { pipeline, offer, metrics } = spooledPipeline({ spool }, collector);
    offer(...numbers(1, 20));
    spool.refuses = true;
    const taken: number[] = [];
    const take = (request: { readonly body: Parameters<typeof idsInRequest>[0] }): boolean => {
      taken.push(...idsInRequest(request.body));
      return true;
    };
    expect(pipeline.handOverNext(take)).toBe(true);
    spool.refuses = false;
    while (pipeline.handOverNext(take));
    expect(taken).toEqual(numbers(1, 10));
    expect(spool.left.get('traces')?.map(({ items }) => items)).toEqual([10]);
    expect(metrics()).toMatchObject({ eventsSpilled: 20, eventsDropped: 0 });
  });

  it('gives no request to the taker that must go over gRPC through a proxy, because only gRPC itself can do that', () => {
    const proxy = {
      protocol: 'http:',
      hostname: 'p',
      port: 80,
      authorization: undefined,
      variable: 'grpc_proxy',
    } as const;
    const spool = new MemorySpool();
    const collector = new HeldCollector(
      {},
      { requestOf: (body) => ({ protocol: 'grpc', url: 'x:', headers: {}, body, proxy }) },
    );
    const { pipeline, offer, metrics } = spooledPipeline({ spool }, collector);
    spool.refuses = true;
    offer(...numbers(1, 20));
    const taken: unknown[] = [];
    while (pipeline.handOverNext((request) => taken.push(request) > 0));
    expect(taken).toEqual([]);
    expect(metrics().droppedByReason.drain_timeout).toBe(20);
  });

  it('does not resend in a hot loop what comes back while it ends, and leaves no timer behind', async () => {
    const spool = new MemorySpool();
    const { join } = spool;
    let resends = 0;
    spool.join = (joining) =>
      join.call(spool, { ...joining, resend: (request) => ((resends += 1), joining.resend(request)) });
    const { pipeline, collector, offer } = spooledPipeline({ spool });
    collector.answerAll(allUnreachable);
    offer(...numbers(1, 95));
    await advance(5_000);
    resends = 0;
    const ended = pipeline.shutdown(500);
    await advance(500);
    await ended;
    expect(resends).toBeLessThan(5);
    expect(spool.left.get('traces')?.length).toBeGreaterThan(0);
    expect(runningTimers()).toBe(0);
  });

  it('does not wait for a spool that never closes for longer than its deadline', async () => {
    const spool = new MemorySpool();
    const { join } = spool;
    spool.join = (pipeline) => Object.assign(join.call(spool, pipeline), { close: () => new Promise(() => {}) });
    const { pipeline } = spooledPipeline({ spool });
    const ended = pipeline.shutdown(1_000);
    await advance(1_000);
    await ended;
    expect(lines).toContainEqual(expect.stringContaining('closing the spool took longer than'));
  });
});

describe('a spool that breaks its promises', () => {
  const broken = (): never => {
    throw new Error('disk on fire');
  };

  it('by throwing in every method costs nothing but the spool, and is logged', async () => {
    const place = {
      store: broken,
      get isEmpty() {
        return broken();
      },
      getMetrics: broken,
      onReady: broken,
      whenWritten: broken,
      close: broken,
      closeNow: broken,
    };
    const { pipeline, collector, offer, metrics } = spooledPipeline({ spool: { join: () => place } });
    offer(...numbers(1, 120));
    expect(metrics()).toMatchObject({ eventsEvicted: 20, bufferSize: 100, spool: { items: 0, bytes: 0 } });
    collector.answerAll(allDelivered);
    await advance(2_000);
    expect(metrics().eventsFlushed).toBe(100);
    await pipeline.shutdown();
    expect(lines.filter((line) => line.includes('could not store'))).toEqual([
      'warn Pipe: the spool could not store items: disk on fire',
    ]);
    expect(lines).toContainEqual('warn Pipe: the spool could not be closed: disk on fire');
  });

  it('by throwing when it is joined leaves a pipeline without one, and says so', async () => {
    const { pipeline, collector, offer, metrics } = spooledPipeline({ spool: { join: broken } });
    expect(lines).toEqual(['warn Pipe: the spool cannot be used, and items are kept in memory only: disk on fire']);
    offer(...numbers(1, 120));
    expect(metrics().eventsEvicted).toBe(20);
    collector.answerAll(allDelivered);
    await advance(2_000);
    await pipeline.shutdown();
  });

  it.each([
    ['no number of items', { items: Number.NaN }],
    ['half an item', { items: 0.5 }],
    ['no items', { items: 0 }],
  ])('by resending %s has that forgotten, and no counter changes', async (_, wrong) => {
    const results: unknown[] = [];
    const body = { chunks: [], byteLength: 0 };
    const spool = new MemorySpool();
    const { join } = spool;
    spool.join = (pipeline) => {
      const request = { body, storedBy: 'elsewhere', storedAt: 0, ...wrong } as const;
      void pipeline.resend(request).then((result) => results.push(result));
      pipeline.onLost('spool_corrupt', wrong.items, 'elsewhere');
      pipeline.onLost('nonsense' as never, 1, 'here');
      return join.call(spool, pipeline);
    };
    const { pipeline, metrics } = spooledPipeline({ spool });
    await advance(100);
    expect(results).toEqual(['settled']);
    expect(metrics()).toMatchObject({ eventsOffered: 0, eventsSpilled: 0, eventsDropped: 0 });
    await pipeline.shutdown();
  });
});

describe('items of a resource whose attributes are still being detected', () => {
  function pendingResource() {
    let done = (): void => {};
    const resource = {
      attributes: {},
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => new Promise<void>((resolve) => (done = resolve)),
    };
    return {
      resource,
      settle: () => {
        resource.asyncAttributesPending = false;
        done();
      },
    };
  }

  it('are not stored before they are there', async () => {
    const spool = new MemorySpool();
    const { resource, settle: detect } = pendingResource();
    const { pipeline, metrics } = spooledPipeline({ spool });
    for (const id of numbers(1, 95)) pipeline.offer({ id, bytes: 30, resource });
    await advance(3_000);
    expect(metrics()).toMatchObject({ eventsSpilled: 0 });
    expect(spool.asked).toBe(0);
    detect();
    await advance(1_500);
    expect(metrics().eventsSpilled).toBeGreaterThan(0);
    pipeline.giveUp();
  });

  it('are stored without them once they have been waited for long enough, which is logged', async () => {
    const spool = new MemorySpool();
    const { resource } = pendingResource();
    const { pipeline, collector, metrics } = spooledPipeline({ spool, exportTimeoutMillis: 4_000 });
    collector.answerAll(allUnreachable);
    for (const id of numbers(1, 95)) pipeline.offer({ id, bytes: 30, resource });
    await advance(5_000);
    expect(metrics().eventsSpilled).toBeGreaterThan(0);
    expect(lines).toContainEqual(expect.stringContaining('a resource detector has not answered in time'));
    pipeline.giveUp();
  });

  it('are stored at the end in any case', () => {
    const spool = new MemorySpool();
    const { resource } = pendingResource();
    const { pipeline, metrics } = spooledPipeline({ spool });
    for (const id of numbers(1, 15)) pipeline.offer({ id, bytes: 30, resource });
    while (pipeline.handOverNext(() => false));
    expect(metrics()).toMatchObject({ eventsSpilled: 15, eventsDropped: 0 });
  });
});

describe('the option spool', () => {
  it.each([null, {}, 'dir', { join: 1 }])('refuses %s at construction', (spool) => {
    expect(() => spooledPipeline({ spool: spool as never })).toThrow(
      `spool must be an object with a join function, such as a Spool, got ${typeof spool}`,
    );
  });

  it('is ignored with one warning if the exporter is a foreign one', () => {
    const spool = new MemorySpool();
    const foreign = {
      export: (_items: unknown, done: (result: object) => void) => done({ code: 0 }),
      shutdown: async () => {},
    };
    const { pipeline, metrics } = spooledPipeline({ spool }, foreign as never);
    expect(lines).toEqual([
      "warn Pipe: only Spillway's OTLP exporters can use a spool, and this exporter is another one; there is none",
    ]);
    expect(spool.places).toEqual([]);
    expect(metrics().spool).toBeUndefined();
    pipeline.giveUp();
  });
});
