import { admissionTo } from '@spillway/backpressure';
import { randomBytes } from 'node:crypto';
import type { FlushOutcome } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import type { ReadableLogRecordLike } from '@spillway/logs';
import type { Proxy } from '@spillway/otlp/transport';
import { OTLP_PARTS } from '@spillway/pipeline';
import type { ReadableSpanLike } from '@spillway/trace';
import { otlpExporterOf } from '../otlp-exporter-of.ts';

/** One item, sent once. */
export interface Probe {
  readonly outcome: FlushOutcome;
  /** Where it went, without credentials. */
  readonly url: URL;
  readonly proxy: Proxy | undefined;
  /** From the first byte to the end of the answer. */
  readonly millis: number;
}

/** In seconds and nanoseconds, as in the SDK. */
type HrTime = [seconds: number, nanos: number];

const RESOURCE = { attributes: { 'service.name': 'spillway-doctor' } };
const SCOPE = { name: '@spillway/node' };

/**
 * Sends one item of a signal as an application would: with our own exporter, in one attempt.
 * @throws TypeError or RangeError if a setting cannot be used
 */
export async function probe(signal: Signal, timeoutMillis: number): Promise<Probe> {
  const exporter = otlpExporterOf(signal, timeoutMillis);
  const { newBuffer, transport, maxRequestBytes } = exporter[OTLP_PARTS];
  const buffer = newBuffer({ maxItemBytes: maxRequestBytes });
  buffer.push((signal === 'traces' ? span() : logRecord()) as never, admissionTo(0));
  const request = buffer.assembleRequest(buffer.take(1, Infinity));
  const { url, proxy } = transport.requestOf?.(request) ?? {};
  const abort = new AbortController();
  // Keeps the process alive, because a transport does not. Fires later than the transport's own time-out.
  const hold = setTimeout(() => abort.abort(), timeoutMillis + 1_000);
  const startedAt = performance.now();
  try {
    const outcome = await transport.send(request, abort.signal);
    return { outcome, url: new URL(url ?? ''), proxy, millis: Math.round(performance.now() - startedAt) };
  } finally {
    clearTimeout(hold);
    await exporter.shutdown();
  }
}

function span(): ReadableSpanLike {
  const context = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), traceFlags: 1 };
  return {
    name: 'spillway doctor',
    kind: 0,
    spanContext: () => context,
    startTime: now(),
    endTime: now(),
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function logRecord(): ReadableLogRecordLike {
  return {
    hrTime: now(),
    hrTimeObserved: now(),
    severityNumber: 9,
    severityText: 'INFO',
    body: 'spillway doctor',
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    attributes: {},
    droppedAttributesCount: 0,
  };
}

function now(): HrTime {
  const millis = Date.now();
  return [Math.floor(millis / 1_000), (millis % 1_000) * 1e6];
}
