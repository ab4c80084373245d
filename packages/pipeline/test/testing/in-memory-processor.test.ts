import { TraceFlags } from '@opentelemetry/api';
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { AlwaysOffSampler, BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InMemoryProcessor } from '../../src/testing/index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('an in-memory processor', () => {
  it('has each span as soon as it has ended, in that order, and not before', () => {
    const spans = new InMemoryProcessor<ReadableSpan>();
    const tracer = new BasicTracerProvider({ spanProcessors: [spans] }).getTracer('shop');
    const outer = tracer.startSpan('order');
    tracer.startSpan('reserve', { attributes: { book: 'Walden' } }).end();
    expect(spans.items.map(({ name, attributes }) => [name, attributes])).toEqual([['reserve', { book: 'Walden' }]]);
    outer.end();
    expect(spans.items.map(({ name }) => name)).toEqual(['reserve', 'order']);
  });

  it('has each log record as soon as it is emitted', () => {
    const records = new InMemoryProcessor<ReadableLogRecord>();
    new LoggerProvider({ processors: [records] }).getLogger('shop').emit({ body: 'order placed' });
    expect(records.items.map(({ body }) => body)).toEqual(['order placed']);
  });

  it('leaves out spans that are not sampled', () => {
    const spans = new InMemoryProcessor<ReadableSpan>();
    const tracer = new BasicTracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors: [spans] }).getTracer('');
    tracer.startSpan('order').end();
    const recorded = { spanContext: () => ({ traceFlags: TraceFlags.NONE }) };
    spans.onEnd(recorded as ReadableSpan);
    expect(spans.items).toEqual([]);
  });

  it('forgets its items when it is cleared, but not those that a test has taken', () => {
    const records = new InMemoryProcessor<string>();
    records.onEmit('first');
    const taken = records.items;
    records.clear();
    records.onEmit('second');
    expect(records.items).toEqual(['second']);
    expect(taken).toEqual(['first']);
  });

  it('flushes and shuts down at once, although timers are faked, and keeps nothing after that', async () => {
    const spans = new InMemoryProcessor<ReadableSpan>();
    const provider = new BasicTracerProvider({ spanProcessors: [spans] });
    provider.getTracer('shop').startSpan('order').end();
    await provider.forceFlush();
    await provider.shutdown();
    spans.onEnd(spans.items[0]!);
    expect(spans.items).toHaveLength(1);
  });
});
