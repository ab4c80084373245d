import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import type { ExportResultLike } from '@spillway/pipeline';
import { OtlpSpanExporter, type ReadableSpanLike } from '../../src/index.ts';

let collector: Collector;
let exporter: OtlpSpanExporter;

beforeEach(async () => {
  collector = await startCollector();
  exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces` });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await exporter.shutdown();
  await collector.close();
});

const SPAN = {
  name: 'order',
  kind: 0,
  spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
  startTime: [0, 0],
  endTime: [1, 0],
  status: { code: 0 },
  attributes: {},
  links: [],
  events: [],
  duration: [1, 0],
  ended: true,
  resource: { attributes: {} },
  instrumentationScope: { name: 'test' },
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
} as unknown as ReadableSpanLike;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** As many turns as an answer needs from the socket to the exporter. */
async function turns(): Promise<void> {
  for (let count = 0; count < 50; count += 1) await turn();
}

async function untilRequests(count: number): Promise<void> {
  while (collector.counts().requests < count) await turn();
}

const exported = () => new Promise<ExportResultLike>((resolve) => exporter.export([SPAN], resolve));

describe("an export without Spillway's processor", () => {
  it('leaves no timer behind', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    expect(await exported()).toEqual({ code: 0 });
    expect(vi.getTimerCount()).toBe(0);
    expect(timeout).not.toHaveBeenCalled();
  });

  it('needs neither AbortSignal.any nor AbortSignal.timeout, which older browsers lack', async () => {
    vi.spyOn(AbortSignal, 'any').mockImplementation(() => {
      throw new TypeError('AbortSignal.any is not a function');
    });
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
      throw new TypeError('AbortSignal.timeout is not a function');
    });
    expect(await exported()).toEqual({ code: 0 });
    expect(collector.spans()).toHaveLength(1);
  });

  it('does not outlive its time limit even if its last attempt began late', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    collector.setFault({ kind: 'status', code: 503 });
    let result: ExportResultLike | undefined;
    const done = exported().then((given) => (result = given));
    await untilRequests(1);
    collector.setFault({ kind: 'hang' });
    await turns();
    await vi.advanceTimersByTimeAsync(2_000);
    await untilRequests(2);
    await vi.advanceTimersByTimeAsync(7_900);
    await turns();
    expect(result).toBeUndefined();
    // The attempt's own time limit is not reached yet.
    await vi.advanceTimersByTimeAsync(101);
    await done;
    expect(result?.code).toBe(1);
  });
});
