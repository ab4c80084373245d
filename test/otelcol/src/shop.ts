import { randomUUID } from 'node:crypto';
import { type Context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { LOG_RECORD_ID_ATTRIBUTE, type EventSignal } from '../../collector/src/index.ts';
import type { Maker } from './steady-load.ts';

/** Traces in progress at a time. Their spans end far from each other, in different batches. */
const TRACES_UNDER_WAY = 500;
const SPANS_A_TRACE = 8;

/** A service with several spans per trace, spread over many batches. Each span has a log record. */
export class Shop implements Maker {
  readonly spanProcessor: BackpressureSpanProcessor;
  readonly logRecordProcessor: BackpressureLogRecordProcessor;
  /** The ids of all items. */
  readonly made: Readonly<Record<EventSignal, string[]>> = { traces: [], logs: [] };
  readonly #tracers: TracerProvider;
  readonly #loggers: LoggerProvider;
  readonly #underWay: Context[] = [];

  /** @param url of the Collector, without the path of the signal */
  constructor(url: string) {
    this.spanProcessor = new BackpressureSpanProcessor({
      scheduledDelayMillis: 50,
      exporter: new OtlpSpanExporter({ url: `${url}/v1/traces` }),
    });
    this.logRecordProcessor = new BackpressureLogRecordProcessor({
      scheduledDelayMillis: 50,
      exporter: new OtlpLogRecordExporter({ url: `${url}/v1/logs` }),
    });
    this.#tracers = new TracerProvider({ spanProcessors: [this.spanProcessor] });
    this.#loggers = new LoggerProvider({ processors: [this.logRecordProcessor] });
  }

  make(count: number): void {
    for (let made = 0; made < count; made += 1) this.#makeOne();
  }

  get processors(): readonly (BackpressureSpanProcessor | BackpressureLogRecordProcessor)[] {
    return [this.spanProcessor, this.logRecordProcessor];
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.processors.map((processor) => processor.forceFlush()));
  }

  async shutdown(): Promise<void> {
    await Promise.all([this.#tracers.shutdown(), this.#loggers.shutdown()]);
  }

  #makeOne(): void {
    const at = Math.floor(Math.random() * TRACES_UNDER_WAY);
    const parent = Math.random() < 1 / SPANS_A_TRACE ? ROOT_CONTEXT : (this.#underWay[at] ?? ROOT_CONTEXT);
    const span = this.#tracers.getTracer('shop').startSpan('order', {}, parent);
    const context = trace.setSpan(parent, span);
    if (parent === ROOT_CONTEXT) this.#underWay[at] = context;
    const id = randomUUID();
    this.#loggers.getLogger('shop').emit({ body: 'ordered', attributes: { [LOG_RECORD_ID_ATTRIBUTE]: id }, context });
    span.end();
    this.made.traces.push(span.spanContext().spanId);
    this.made.logs.push(id);
  }
}
