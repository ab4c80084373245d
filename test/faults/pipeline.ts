import { randomBytes, randomUUID } from 'node:crypto';
import { SeverityNumber } from '@opentelemetry/api';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import type { OtlpExporterOptions } from '@spillway/otlp';
import type { BackpressureProcessor, ProcessorMetrics, ProcessorOptions } from '@spillway/pipeline';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { LOG_RECORD_ID_ATTRIBUTE, type EventSignal } from '../collector/src/index.ts';

export interface PipelineOptions {
  readonly exporter: OtlpExporterOptions;
  readonly processor: ProcessorOptions<unknown>;
  /** Makes the id of each item, 16 hex digits. Default: random ids. */
  readonly nextId?: () => string;
}

/** A Spillway processor with its exporter, behind a provider of SDK 3.x. */
export interface Pipeline {
  readonly processor: Pick<BackpressureProcessor<never>, 'getMetrics' | 'forceFlush'>;
  /**
   * Makes one item.
   * @param text name of the span, body of the log record
   * @returns its id
   */
  emit(text: string, severity?: SeverityNumber): string;
  shutdown(): Promise<void>;
}

export function openPipeline(signal: EventSignal, options: PipelineOptions): Pipeline {
  return OPEN[signal](options);
}

const OPEN: Readonly<Record<EventSignal, (options: PipelineOptions) => Pipeline>> = {
  traces: ({ exporter, processor: options, nextId }) => {
    const processor = new BackpressureSpanProcessor({ ...options, exporter: new OtlpSpanExporter(exporter) });
    const provider = new TracerProvider({
      spanProcessors: [processor],
      ...(nextId !== undefined && {
        idGenerator: { generateTraceId: () => randomBytes(16).toString('hex'), generateSpanId: nextId },
      }),
    });
    const tracer = provider.getTracer('service');
    return {
      processor,
      emit: (name) => {
        const span = tracer.startSpan(name, {
          attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200 },
        });
        span.end();
        return span.spanContext().spanId;
      },
      shutdown: () => provider.shutdown(),
    };
  },
  logs: ({ exporter, processor: options, nextId = randomUUID }) => {
    const processor = new BackpressureLogRecordProcessor({ ...options, exporter: new OtlpLogRecordExporter(exporter) });
    const provider = new LoggerProvider({ processors: [processor] });
    const logger = provider.getLogger('service');
    return {
      processor,
      emit: (body, severityNumber = SeverityNumber.INFO) => {
        const id = nextId();
        logger.emit({
          body,
          severityNumber,
          attributes: { [LOG_RECORD_ID_ATTRIBUTE]: id, 'http.response.status_code': 200 },
        });
        return id;
      },
      shutdown: () => provider.shutdown(),
    };
  },
};

/** @returns how the accounting law is broken; undefined if it is not */
export function brokenLaw(metrics: ProcessorMetrics): string | undefined {
  const {
    eventsOffered,
    eventsAccepted,
    eventsRefused,
    eventsFlushed,
    eventsFailed,
    eventsEvicted,
    eventsSpilled,
    bufferSize,
    inFlight,
  } = metrics;
  if (eventsOffered !== eventsAccepted + eventsRefused)
    return `offered ${eventsOffered}, accepted ${eventsAccepted} + rejected ${eventsRefused}`;
  const settled = eventsFlushed + eventsFailed + eventsEvicted + eventsSpilled;
  if (eventsAccepted !== settled + bufferSize + inFlight) {
    return `accepted ${eventsAccepted}, settled ${settled} + buffered ${bufferSize} + in flight ${inFlight}`;
  }
  const reasons = Object.values(metrics.droppedByReason).reduce((sum, count) => sum + count, 0);
  const lost = metrics.eventsDropped + eventsFailed;
  return reasons === lost ? undefined : `dropped and failed ${lost}, by reason ${reasons}`;
}
