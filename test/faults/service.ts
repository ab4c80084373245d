import { TracerProvider } from '@opentelemetry/sdk-trace';
import { type BackpressureSpanProcessorOptions, BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { expect } from 'vitest';
import type { OtlpExporterOptions } from '@spillway/otlp';

export interface ServiceOptions extends BackpressureSpanProcessorOptions {
  readonly url: string;
  readonly otlp?: OtlpExporterOptions;
}

/** A small traced application: the real SDK 3.x, our processor, and the OTLP exporter. */
export class Service {
  readonly processor: BackpressureSpanProcessor;
  readonly #provider: TracerProvider;
  readonly #ids: string[] = [];

  constructor({ url, otlp, ...options }: ServiceOptions) {
    const exporter = new OtlpSpanExporter({ url: `${url}/v1/traces`, ...otlp });
    this.processor = new BackpressureSpanProcessor({ exporter, scheduledDelayMillis: 50, ...options });
    this.#provider = new TracerProvider({ spanProcessors: [this.processor] });
  }

  /** Makes and ends spans. @returns their ids */
  makeSpans(count: number, name = 'GET /'): string[] {
    const tracer = this.#provider.getTracer('service');
    const ids = Array.from({ length: count }, () => {
      const span = tracer.startSpan(name, { attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200 } });
      span.end();
      return span.spanContext().spanId;
    });
    this.#ids.push(...ids);
    return ids;
  }

  get made(): readonly string[] {
    return this.#ids;
  }

  forceFlush(): Promise<void> {
    return this.processor.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.#provider.shutdown();
    this.expectLaw();
  }

  /** offered = accepted + rejected; accepted = flushed + failed + evicted + spilled + buffered + in flight */
  expectLaw(): void {
    const metrics = this.processor.getMetrics();
    expect(metrics.eventsOffered).toBe(metrics.eventsAccepted + metrics.eventsRejected);
    expect(metrics.eventsAccepted).toBe(
      metrics.eventsFlushed + metrics.eventsFailed + metrics.eventsEvicted + metrics.eventsSpilled + metrics.bufferSize + metrics.inFlight,
    );
    const byReason = Object.values(metrics.droppedByReason).reduce((sum, count) => sum + count, 0);
    expect(byReason).toBe(metrics.eventsDropped + metrics.eventsFailed);
  }
}
