import { randomBytes } from 'node:crypto';
import { SeverityNumber } from '@opentelemetry/api';
import { OTLPLogExporter as GrpcLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter as GrpcTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { CountingMeterProvider } from '../../bench/src/application/counting-meter-provider.ts';
import { LOG_RECORD_ID_ATTRIBUTE, type EventSignal, type Tally } from '../collector/src/index.ts';
import type { LoadedPipeline } from './loaded-pipeline.ts';
import { PhasedIds } from './phased-ids.ts';
import { exporterTo, type Wire } from '../faults/wire.ts';

export interface UpstreamOptions {
  readonly wire: Wire;
  /** The limit of the exporter and of an export. */
  readonly timeoutMillis: number;
  readonly scheduledDelayMillis: number;
}

interface Provider {
  emit(text: string): void;
  shutdown(): Promise<void>;
}

/** Upstream's batch processor with its OTLP exporter over HTTP in protobuf or over gRPC, and their own counters. */
export class UpstreamPipeline implements LoadedPipeline {
  readonly signal: EventSignal;
  readonly requestsInFlight = undefined;
  readonly #provider: Provider;
  readonly #counted: CountingMeterProvider;
  readonly #ids = new PhasedIds();

  /** @param url scheme, host and port of the collector */
  constructor(signal: EventSignal, url: string, options: UpstreamOptions) {
    this.signal = signal;
    this.#counted = new CountingMeterProvider(signal === 'traces' ? 'span' : 'log');
    this.#provider = OPEN[signal](exporterTo(options.wire, url, signal).url, options, this.#counted, this.#ids.next);
  }

  get made(): number {
    return this.#ids.made;
  }

  get hasDelivered(): boolean {
    return (this.#counted.processed[''] ?? 0) > 0;
  }

  /** Items given up, by `error.type`. */
  get lost(): ReadonlyMap<string, number> {
    const { '': _delivered, ...lost } = this.#counted.processed;
    return new Map(Object.entries(lost));
  }

  emit(text: string): void {
    this.#provider.emit(text);
  }

  emitPoison(text: string): void {
    this.#ids.poison(() => this.#provider.emit(text));
  }

  onFaultOver(): void {
    this.#ids.onFaultOver();
  }

  look(): void {}

  isRecovered(tallies: ReadonlyMap<string, Tally>): boolean {
    const lost = [...this.lost.values()].reduce((sum, count) => sum + count, 0);
    return this.#ids.arrivedBefore(tallies) + lost >= this.#ids.madeBefore;
  }

  arrived(tallies: ReadonlyMap<string, Tally>): Tally {
    return this.#ids.arrived(tallies);
  }

  /** Ignores a rejection, which means that the last export failed. The counters show that already. */
  async shutdown(): Promise<void> {
    await this.#provider.shutdown().catch(() => undefined);
  }
}

type Open = (
  url: string,
  options: UpstreamOptions,
  selfObsMeterProvider: CountingMeterProvider,
  nextId: () => string,
) => Provider;

const OPEN: Readonly<Record<EventSignal, Open>> = {
  traces: (url, { wire, timeoutMillis, scheduledDelayMillis }, selfObsMeterProvider, nextId) => {
    const exporter = new (wire === 'gRPC' ? GrpcTraceExporter : OTLPTraceExporter)({ url, timeoutMillis });
    const processor = new BatchSpanProcessor({
      exporter,
      scheduledDelayMillis,
      exportTimeoutMillis: timeoutMillis,
      selfObsMeterProvider,
    });
    const provider = new TracerProvider({
      spanProcessors: [processor],
      idGenerator: { generateTraceId: () => randomBytes(16).toString('hex'), generateSpanId: nextId },
    });
    const tracer = provider.getTracer('service');
    return {
      emit: (name) =>
        tracer
          .startSpan(name, { attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200 } })
          .end(),
      shutdown: () => provider.shutdown(),
    };
  },
  logs: (url, { wire, timeoutMillis, scheduledDelayMillis }, selfObsMeterProvider, nextId) => {
    const exporter = new (wire === 'gRPC' ? GrpcLogExporter : OTLPLogExporter)({ url, timeoutMillis });
    const processor = new BatchLogRecordProcessor({
      exporter,
      scheduledDelayMillis,
      exportTimeoutMillis: timeoutMillis,
      selfObsMeterProvider,
    });
    const provider = new LoggerProvider({ processors: [processor] });
    const logger = provider.getLogger('service');
    return {
      emit: (body) =>
        logger.emit({
          body,
          severityNumber: SeverityNumber.INFO,
          attributes: { [LOG_RECORD_ID_ATTRIBUTE]: nextId(), 'http.response.status_code': 200 },
        }),
      shutdown: () => provider.shutdown(),
    };
  },
};
