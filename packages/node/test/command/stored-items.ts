import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import { Spool } from '@spillway/spool';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { servers } from './servers.ts';

export interface ToStore {
  readonly directory: string;
  readonly service?: string;
  readonly spans?: number;
  /** Spans of a second processor. */
  readonly moreSpans?: number;
  readonly logRecords?: number;
  /** Adds this to the counter `orders`. */
  readonly orders?: number;
}

/** Runs an application without a collector to its end, so that a spool has all of its items. */
export async function store({
  directory,
  service = 'shop',
  spans = 0,
  moreSpans = 0,
  logRecords = 0,
  orders = 0,
}: ToStore) {
  const url = `http://localhost:${await servers.nobody()}`;
  const spool = new Spool({ directory, service });
  const tracingProvider = () =>
    new BasicTracerProvider({
      spanProcessors: [
        new BackpressureSpanProcessor({ exporter: new OtlpSpanExporter({ url: `${url}/v1/traces` }), spool }),
      ],
    });
  const tracing = tracingProvider();
  const moreTracing = moreSpans > 0 ? tracingProvider() : undefined;
  const logging = new LoggerProvider({
    processors: [
      new BackpressureLogRecordProcessor({ exporter: new OtlpLogRecordExporter({ url: `${url}/v1/logs` }), spool }),
    ],
  });
  const measuring = new MeterProvider({
    readers: [
      new BackpressureMetricReader({
        exporter: new OtlpMetricExporter({ url: `${url}/v1/metrics`, temporalityPreference: 'delta' }),
        spool,
      }),
    ],
  });
  const tracer = tracing.getTracer('test');
  for (let count = 0; count < spans; count += 1) tracer.startSpan(`span ${count}`).end();
  const moreTracer = moreTracing?.getTracer('test');
  for (let count = 0; count < moreSpans; count += 1) moreTracer?.startSpan(`more ${count}`).end();
  const logger = logging.getLogger('test');
  for (let count = 0; count < logRecords; count += 1)
    logger.emit({ body: 'order placed', attributes: { 'log.record.uid': `${directory} ${service} ${count}` } });
  if (orders > 0) measuring.getMeter('test').createCounter('orders').add(orders);
  await Promise.all([tracing.shutdown(), moreTracing?.shutdown(), logging.shutdown(), measuring.shutdown()]);
}
