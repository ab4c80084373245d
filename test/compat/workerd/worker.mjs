// A worker whose telemetry is set up while its modules are loaded, which is where a worker may do least.
import { env } from 'cloudflare:workers';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import { flushAfter } from '@spillway/pipeline/serverless';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';

/** Without an address, variables say where the collector is. */
const to = (path) => ({ ...(env.COLLECTOR && { url: `${env.COLLECTOR}${path}` }), timeoutMillis: 2_000 });
const options = { exportTimeoutMillis: 3_000 };
const spans = new BackpressureSpanProcessor({ ...options, exporter: new OtlpSpanExporter(to('/v1/traces')) });
const records = new BackpressureLogRecordProcessor({
  ...options,
  exporter: new OtlpLogRecordExporter(to('/v1/logs')),
});
const reader = new BackpressureMetricReader({ ...options, exporter: new OtlpMetricExporter(to('/v1/metrics')) });

const tracer = new TracerProvider({ spanProcessors: [spans] }).getTracer('worker');
const logger = new LoggerProvider({ processors: [records] }).getLogger('worker');
const counter = new MeterProvider({ readers: [reader] }).getMeter('worker').createCounter('requests');

export default {
  async fetch(request, _, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/losses') {
      const losses = [spans, records, reader].map((pipeline) => {
        const { eventsDropped, eventsFailed } = pipeline.getMetrics();
        return eventsDropped + eventsFailed;
      });
      return Response.json(losses);
    }
    const span = tracer.startSpan(pathname);
    logger.emit({ body: pathname, attributes: { 'log.record.uid': crypto.randomUUID() } });
    counter.add(1);
    span.end();
    if (pathname === '/flushed') {
      const timeoutMillis = Number(searchParams.get('within'));
      flushAfter(context, [spans, records, reader], { timeoutMillis });
    }
    return new Response('answered');
  },
};
