import { logs, metrics, trace } from '@opentelemetry/api';

export const dynamic = 'force-dynamic';

export async function GET() {
  trace.getTracer('shop').startSpan('order in Node').end();
  logs.getLogger('shop').emit({ body: 'order placed in Node' });
  metrics.getMeter('shop').createCounter('orders').add(1);
  return new Response('ordered');
}
