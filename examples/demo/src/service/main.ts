/** An HTTP service with traces, a log and metrics. The two services of the demo differ only in their pipelines. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, logs, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { serveZpages } from '@spillway/zpages';
import type { PipelineKind, Pipelines } from '../pipeline/pipeline.ts';
import { type PerSignal, perSignal } from '../signal.ts';
import { MadeItems } from './made-items.ts';
import { OrderShop } from './order-shop.ts';
import { ProcessCost } from './process-cost.ts';
import type { ServiceCommand, ServiceMessage, ServiceSample, ServiceSettings } from './service-protocol.ts';
import { ShopLog } from './shop-log.ts';
import { ShopMetrics } from './shop-metrics.ts';

/** Each service loads only the modules of its own pipelines. */
const PIPELINES: Readonly<
  Record<PipelineKind, (urls: PerSignal<string>, measured: () => number) => Promise<Pipelines>>
> = {
  upstream: async (urls) => (await import('../pipeline/upstream.ts')).createUpstreamPipelines(urls),
  spillway: async (urls, measured) => (await import('../pipeline/spillway.ts')).createSpillwayPipelines(urls, measured),
};

const settings: ServiceSettings = JSON.parse(process.argv[2] ?? '{}');
const madeSpans = new MadeItems();
const madeLogRecords = new MadeItems();
// Measurements are made only once the meter provider has its reader.
const pipelines = await PIPELINES[settings.pipeline](settings.urls, () => shopMetrics.count);
const resource = resourceFromAttributes({
  'service.name': 'order-shop',
  'service.version': '1.0.0',
  'deployment.environment.name': 'demo',
});
const tracerProvider = new TracerProvider({ resource, spanProcessors: [madeSpans, pipelines.traces.processor] });
const loggerProvider = new LoggerProvider({ resource, processors: [madeLogRecords, pipelines.logs.processor] });
const meterProvider = new MeterProvider({ resource, readers: [pipelines.metrics.processor] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(tracerProvider);
logs.setGlobalLoggerProvider(loggerProvider);
metrics.setGlobalMeterProvider(meterProvider);

const shopMetrics = new ShopMetrics(metrics.getMeter('order-shop', '1.0.0'));
const shop = new OrderShop(
  trace.getTracer('order-shop', '1.0.0'),
  new ShopLog(logs.getLogger('order-shop', '1.0.0')),
  shopMetrics,
);
const made = { traces: madeSpans, logs: madeLogRecords, metrics: shopMetrics };
const server = createServer((request, response) => void shop.serve(request, response));
// Only the client closes idle connections. If the server closed one, a request might already be on its way.
server.keepAliveTimeout = 0;
const cost = new ProcessCost();
const samples = setInterval(() => say({ kind: 'sample', sample: sample() }), settings.sampleMillis);

process.on('message', (command: ServiceCommand) => {
  if (command.kind === 'measure') cost.restart();
});
process.once('SIGTERM', () => void end());
// Ctrl-C reaches every process of the terminal, but the parent decides when this process ends.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
// The parent may have ended while this program was loading.
if (!process.connected) process.exit();

const page = settings.page ? await serveZpages({ port: 0, name: 'order-shop' }).listening() : undefined;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
say({ kind: 'listening', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, page });

function sample(): ServiceSample {
  return {
    requests: shop.requests,
    signals: perSignal((signal) => ({
      made: made[signal].count,
      pipeline: pipelines[signal].status(made[signal].count),
    })),
    cpuSeconds: cost.cpuSeconds,
    loopDelayP99Millis: cost.loopDelayP99Millis,
    recentLoopDelayP99Millis: cost.recentLoopDelayP99Millis,
  };
}

/** Ends like any service after SIGTERM: it takes no new requests, and then ships what is left of every signal. */
async function end(): Promise<void> {
  server.close();
  server.closeIdleConnections();
  // Upstream's shutdown may reject if the last batch could not be sent. The counts show that too.
  await Promise.allSettled([tracerProvider.shutdown(), loggerProvider.shutdown(), meterProvider.shutdown()]);
  clearInterval(samples);
  say({ kind: 'ended', sample: sample() }, () => process.exit());
}

/** If the demo is gone, the callback gets the error. It would end this process with a stack trace otherwise, before `disconnect` does. */
function say(message: ServiceMessage, then = (): void => undefined): void {
  process.send?.(message, undefined, undefined, then);
}
