import { randomUUID } from 'node:crypto';
import { SeverityNumber } from '@opentelemetry/api';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import type { BackpressureProcessor, OtlpExporterOptions, ProcessorOptions } from '@spillway/otlp';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { expect } from 'vitest';
import { LOG_RECORD_ID_ATTRIBUTE, type SignalName } from '../collector/src/index.ts';

export interface ServiceOptions extends ProcessorOptions<unknown> {
  /** Of the collector, without the path of the signal. */
  readonly url: string;
  readonly otlp?: OtlpExporterOptions;
}

/** A processor behind a provider of the SDK. */
interface Pipeline {
  readonly processor: Pick<BackpressureProcessor<never>, 'getMetrics' | 'forceFlush'>;
  /** Makes one item. @returns its id */
  emit(name: string): string;
  shutdown(): Promise<void>;
}

type OpenPipeline = (exporter: OtlpExporterOptions, processor: ProcessorOptions<unknown>) => Pipeline;

const OPEN: Readonly<Record<SignalName, OpenPipeline>> = {
  traces: (exporter, options) => {
    const processor = new BackpressureSpanProcessor({ ...options, exporter: new OtlpSpanExporter(exporter) });
    const provider = new TracerProvider({ spanProcessors: [processor] });
    const tracer = provider.getTracer('service');
    return {
      processor,
      emit: (name) => {
        const span = tracer.startSpan(name, { attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200 } });
        span.end();
        return span.spanContext().spanId;
      },
      shutdown: () => provider.shutdown(),
    };
  },
  logs: (exporter, options) => {
    const processor = new BackpressureLogRecordProcessor({ ...options, exporter: new OtlpLogRecordExporter(exporter) });
    const provider = new LoggerProvider({ processors: [processor] });
    const logger = provider.getLogger('service');
    return {
      processor,
      emit: (body) => {
        const id = randomUUID();
        logger.emit({ body, severityNumber: SeverityNumber.INFO, attributes: { [LOG_RECORD_ID_ATTRIBUTE]: id, 'http.response.status_code': 200 } });
        return id;
      },
      shutdown: () => provider.shutdown(),
    };
  },
};

/** A small application with telemetry of one signal: the real SDK 3.x, our processor, and the OTLP exporter. */
export class Service {
  readonly signal: SignalName;
  readonly #pipeline: Pipeline;
  readonly #ids: string[] = [];

  constructor(signal: SignalName, { url, otlp, ...options }: ServiceOptions) {
    this.signal = signal;
    this.#pipeline = OPEN[signal]({ url: `${url}/v1/${signal}`, ...otlp }, { scheduledDelayMillis: 50, ...options });
  }

  get processor(): Pipeline['processor'] {
    return this.#pipeline.processor;
  }

  /** Ends spans, or emits log records. */
  make(count: number, name = 'GET /'): void {
    for (let index = 0; index < count; index += 1) this.#ids.push(this.#pipeline.emit(name));
  }

  /** The ids of all that was made. */
  get made(): readonly string[] {
    return this.#ids;
  }

  forceFlush(): Promise<void> {
    return this.processor.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.#pipeline.shutdown();
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
