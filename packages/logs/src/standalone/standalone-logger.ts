import { type Context, diag } from '@opentelemetry/api';
import { wallTime } from '@spillway/backpressure';
import { processEnvironment, readSdkEnvironment, type SdkEnvironment } from '@spillway/config';
import type { OtlpExporterOptions } from '@spillway/otlp';
import {
  type HrTimeLike,
  hrTimeOf,
  type InstrumentationScopeLike,
  type ResourceLike,
  type SpanContextLike,
} from '@spillway/otlp/encoding';
import type { ProcessorMetrics, RequestSpool } from '@spillway/pipeline';
import {
  BackpressureLogRecordProcessor,
  type BackpressureLogRecordProcessorOptions,
} from '../backpressure-log-record-processor.ts';
import { OtlpLogRecordExporter } from '../otlp-log-record-exporter.ts';
import { logOnStderr } from './log-on-stderr.ts';
import { standaloneResource, type StandaloneResourceOptions } from './standalone-resource.ts';

/** Options of {@link StandaloneLogger}: those of the processor, of its exporter, and of the resource. */
export interface StandaloneLoggerOptions
  extends Omit<BackpressureLogRecordProcessorOptions, 'exporter'>, StandaloneResourceOptions {
  /** Options of the `OtlpLogRecordExporter`, such as `url` and `headers`. Default: as the environment says. */
  readonly exporter?: OtlpExporterOptions | undefined;
}

/** What a {@link StandaloneLogger} has to know of the logger that it serves, and of its process. */
export interface StandaloneHost {
  readonly scope: InstrumentationScopeLike;
  /** Attributes of the resource, a default `service.name` included. */
  readonly detected: Readonly<Record<string, unknown>>;
  /** Gets what Spillway logs, unless the application has given `diag` a logger. */
  readonly writeLine: (line: string) => void;
  /** The spool, if the options have none. */
  readonly openSpool?: ((service: string, environment: SdkEnvironment) => RequestSpool | undefined) | undefined;
}

/** A log record of any logger. */
export interface StandaloneLogRecord {
  /** When it happened; `undefined` if that is not known. */
  readonly time?: HrTimeLike | undefined;
  /** 1 (TRACE) to 24 (FATAL4). */
  readonly severityNumber?: number | undefined;
  readonly severityText?: string | undefined;
  readonly body?: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly spanContext?: SpanContextLike | undefined;
}

/** What OTLP has for a time that is not known. */
const UNKNOWN_TIME: HrTimeLike = [0, 0];

/**
 * Exports the records of another logger, without an SDK of OpenTelemetry: for transports of logging libraries. With
 * `OTEL_SDK_DISABLED=true`, it does nothing.
 */
export class StandaloneLogger {
  readonly #scope: InstrumentationScopeLike;
  readonly #resource: ResourceLike;
  readonly #processor: BackpressureLogRecordProcessor | undefined;

  /** @throws RangeError or TypeError that names option and value */
  constructor(options: StandaloneLoggerOptions, { scope, detected, writeLine, openSpool }: StandaloneHost) {
    const { exporter, serviceName, resourceAttributes, ...processorOptions } = options;
    // Read once without warnings, because there may be nobody yet who would print them.
    logOnStderr(writeLine, readSdkEnvironment().logLevel ?? 'info');
    const environment = readSdkEnvironment(processEnvironment(), (message) => diag.warn(`Spillway: ${message}`));
    const attributes = standaloneResource({ serviceName, resourceAttributes }, environment, detected);
    this.#scope = scope;
    this.#resource = { attributes };
    if (environment.disabled === true) return;
    this.#processor = new BackpressureLogRecordProcessor({
      ...processorOptions,
      spool: options.spool ?? openSpool?.(String(attributes['service.name']), environment),
      exporter: new OtlpLogRecordExporter(exporter),
    });
  }

  /** Takes a record as it is now. Never throws, never waits. */
  emit(record: StandaloneLogRecord, context?: Context): void {
    const { time, severityNumber, severityText, body, attributes, spanContext } = record;
    this.#processor?.onEmit(
      {
        hrTime: time ?? UNKNOWN_TIME,
        hrTimeObserved: hrTimeOf(wallTime()),
        spanContext,
        severityText,
        severityNumber,
        body,
        attributes,
        resource: this.#resource,
        instrumentationScope: this.#scope,
        droppedAttributesCount: 0,
      },
      context,
    );
  }

  /** Exports the remaining records within `drainTimeoutMillis`. Never rejects. */
  async shutdown(): Promise<void> {
    await this.#processor?.shutdown();
  }

  /** State, counters and sizes at this moment; `undefined` if `OTEL_SDK_DISABLED` is `true`. */
  getMetrics(): ProcessorMetrics | undefined {
    return this.#processor?.getMetrics();
  }
}
