import { SeverityNumber } from '@opentelemetry/api';
import { type Collector, startCollector } from '@spillway/test/collector';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { measureEncodedItem } from '../src/application/encoded-item-size.ts';
import { LoadGenerator } from '../src/application/load.ts';
import { createPipeline } from '../src/application/pipeline.ts';
import type { PipelineAccounts, Variant } from '../src/application/protocol.ts';
import { logRecords } from '../src/application/signals/log-records.ts';
import { collectItems, type SignalUnderLoad } from '../src/application/signals/signal-under-load.ts';
import { spansOverGrpc } from '../src/application/signals/spans-over-grpc.ts';
import { spans } from '../src/application/signals/spans.ts';
import { SIGNALS, type Signal, urlAt } from '../src/signal.ts';

const ITEMS = 3_000;

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector({ decode: 'ids', grpc: true });
});
afterEach(async () => {
  await collector.close();
});

/** The accounts of a variant after all items were made in one go. */
async function burst<Item extends object, Processor>(
  signal: Signal,
  underLoad: SignalUnderLoad<Item, Processor>,
  variant: Variant,
): Promise<PipelineAccounts> {
  const url = urlAt(collector, signal);
  const pipeline = await createPipeline({ variant, url, processorOptions: {} }, underLoad);
  const source = underLoad.createSource(pipeline.processor);
  await new LoadGenerator(source).burst(ITEMS, ITEMS);
  await source.shutdown();
  return pipeline.accounts();
}

function describeSignal<Item extends object, Processor>(
  signal: Signal,
  underLoad: SignalUnderLoad<Item, Processor>,
): void {
  describe(`the load of ${signal}`, () => {
    it('has only items that are different to the receiver', async () => {
      const body = await underLoad.serialize(collectItems(underLoad, ITEMS));
      const headers = { 'content-type': 'application/x-protobuf' };
      const path = SIGNALS[signal].path || SIGNALS.traces.path;
      await fetch(collector.url + path, { method: 'POST', headers, body: Buffer.from(body) });
      expect(collector.counts()).toMatchObject({ items: ITEMS, unique: ITEMS });
    });

    it('does not reach the receiver with the no-op', async () => {
      expect(await burst(signal, underLoad, 'noop')).toEqual({ delivered: 0, lost: {} });
      expect(collector.counts().requests).toBe(0);
    });

    it('is accounted for by upstream, including items that found no room in its queue', async () => {
      const { delivered, lost } = await burst(signal, underLoad, 'upstream');
      expect(lost['queue_full']).toBeGreaterThan(0);
      expect(delivered + (lost['queue_full'] ?? 0)).toBe(ITEMS);
      expect(collector.counts().unique).toBe(delivered);
    });

    it('is delivered and accounted for by Spillway', async () => {
      const accounts = await burst(signal, underLoad, 'spillway');
      expect(accounts).toMatchObject({ offered: ITEMS, delivered: ITEMS, lost: {} });
      expect(collector.counts().unique).toBe(ITEMS);
    });
  });
}

describeSignal('traces', spans);
describeSignal('traces over gRPC', spansOverGrpc);
describeSignal('logs', logRecords);

describe("the README's description of the items", () => {
  it('is right for spans', async () => {
    const [span] = collectItems(spans, 1);
    expect(Object.keys(span?.attributes ?? {})).toHaveLength(10);
    expect(Math.round(await measureEncodedItem(spans))).toBe(419);
  });

  it('is right for log records', async () => {
    const records = collectItems(logRecords, 1_000);
    expect(Object.keys(records[0]?.attributes ?? {})).toHaveLength(8);
    expect(Math.round(await measureEncodedItem(logRecords))).toBe(375);
    expect(records.filter(({ severityNumber }) => severityNumber === SeverityNumber.ERROR)).toHaveLength(10);
    expect(records.filter(({ severityNumber }) => severityNumber === SeverityNumber.INFO)).toHaveLength(990);
    expect(new Set(records.map(({ spanContext }) => spanContext?.traceId)).size).toBe(1_000);
  });
});
