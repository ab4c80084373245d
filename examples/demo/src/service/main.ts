/** A traced HTTP service; the two of the demo differ in their pipeline and in nothing else. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { PipelineKind, SpanPipeline } from '../pipeline/span-pipeline.ts';
import { CountedSpans } from './counted-spans.ts';
import { OrderShop } from './order-shop.ts';
import { ProcessCost } from './process-cost.ts';
import type { ServiceCommand, ServiceMessage, ServiceSample, ServiceSettings } from './service-protocol.ts';

/** Each service loads its own pipeline's modules alone. */
const PIPELINES: Readonly<Record<PipelineKind, (url: string) => Promise<SpanPipeline>>> = {
  upstream: async (url) => (await import('../pipeline/upstream.ts')).createUpstreamPipeline(url),
  spillway: async (url) => (await import('../pipeline/spillway.ts')).createSpillwayPipeline(url),
};

const settings: ServiceSettings = JSON.parse(process.argv[2] ?? '{}');
const pipeline = await PIPELINES[settings.pipeline](settings.tracesUrl);
const spans = new CountedSpans();
const provider = new TracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'order-shop', 'service.version': '1.0.0', 'deployment.environment.name': 'demo' }),
  spanProcessors: [spans, pipeline.processor],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);

const shop = new OrderShop(trace.getTracer('order-shop', '1.0.0'));
const server = createServer((request, response) => void shop.serve(request, response));
const cost = new ProcessCost();
const samples = setInterval(() => say({ kind: 'sample', sample: sample() }), settings.sampleMillis);

process.on('message', (command: ServiceCommand) => {
  if (command.kind === 'measure') cost.restart();
});
process.once('SIGTERM', () => void end());
// Ctrl-C reaches every process of the terminal; this one's end is its parent's to decide.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
// It may have gone while this program was loading.
if (!process.connected) process.exit();

server.listen(0, '127.0.0.1');
await once(server, 'listening');
say({ kind: 'listening', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

function sample(): ServiceSample {
  return {
    requests: shop.requests,
    made: spans.ended,
    cpuSeconds: cost.cpuSeconds,
    loopDelayP99Millis: cost.loopDelayP99Millis,
    recentLoopDelayP99Millis: cost.recentLoopDelayP99Millis,
    pipeline: pipeline.status(spans.ended),
  };
}

/** As a service does that was told to go: no new requests, then the spans. */
async function end(): Promise<void> {
  server.close();
  server.closeIdleConnections();
  // Upstream's rejects when a last batch could not be sent. The counts say it as well.
  await provider.shutdown().catch(() => undefined);
  clearInterval(samples);
  say({ kind: 'ended', sample: sample() }, () => process.exit());
}

function say(message: ServiceMessage, then?: () => void): void {
  process.send?.(message, undefined, undefined, then);
}
