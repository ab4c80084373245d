import { logs, trace } from '@opentelemetry/api';
import { flushWithin } from '@spillway/pipeline/serverless';
import { after } from 'next/server';

export const runtime = 'edge';

export async function GET() {
  trace.getTracer('shop').startSpan('order at the edge').end();
  logs.getLogger('shop').emit({ body: 'order placed at the edge' });
  after(() => flushWithin(globalThis.telemetry, 10_000));
  return new Response('ordered');
}
