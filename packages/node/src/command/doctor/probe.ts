import { admissionTo, type FlushOutcome, now, startTimer } from '@spillway/backpressure';
import type { OtlpProtocol, Signal } from '@spillway/config';
import type { Proxy } from '@spillway/otlp/transport';
import { OTLP_PARTS } from '@spillway/pipeline';
import { otlpExporterOf } from '../otlp-exporter-of.ts';
import { PROBE_ITEMS } from './probe-items.ts';

/** One item, sent once. */
export interface Probe {
  readonly outcome: FlushOutcome;
  readonly protocol: OtlpProtocol;
  /** Where it went, without credentials. */
  readonly url: URL;
  readonly proxy: Proxy | undefined;
  /** From the first byte to the end of the answer. */
  readonly millis: number;
}

/**
 * Sends one item of a signal as an application would: with our own exporter, in one attempt.
 * @throws TypeError or RangeError if a setting cannot be used
 */
export async function probe(signal: Signal, timeoutMillis: number): Promise<Probe> {
  const exporter = otlpExporterOf(signal, timeoutMillis);
  const { newBuffer, transport, maxRequestBytes } = exporter[OTLP_PARTS];
  const buffer = newBuffer({ maxItemBytes: maxRequestBytes });
  buffer.push(PROBE_ITEMS[signal]() as never, admissionTo(0));
  const request = buffer.assembleRequest(buffer.take(1, Infinity));
  // Over gRPC, the path is none of the reader's.
  const { url, proxy, protocol = 'grpc' } = transport.requestOf?.(request) ?? {};
  const abort = new AbortController();
  // Keeps the process alive, because a transport does not. Fires later than the transport's own time-out.
  const hold = startTimer(() => abort.abort(), timeoutMillis + 1_000, true);
  const startedAt = now();
  try {
    const outcome = await transport.send(request, abort.signal);
    return {
      outcome,
      protocol,
      url: new URL((protocol === 'grpc' ? transport.origin : url) ?? ''),
      proxy,
      millis: Math.round(now() - startedAt),
    };
  } finally {
    hold.cancel();
    await exporter.shutdown();
  }
}
