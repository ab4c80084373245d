import { type Attributes, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { SpanEncoder } from '@spillway/trace';
import { spans } from '../application/signals/spans.ts';
import type { EncoderPair } from './encoder-pair.ts';

export const spanEncoders: EncoderPair<ReadableSpan> = {
  description: 'a span of 10 attributes',
  // Four counts and a status of 0.
  omittedBytes: 10,
  encoder: new SpanEncoder(),
  makeItems: makeSpans,
  serializeUpstream: (items) => ProtobufTraceSerializer.serializeRequest(items),
};

const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
/** One string per route, shared by all spans, as in a router. */
const ROUTES = [
  '/api/orders/{orderId}',
  '/api/orders',
  '/api/customers/{customerId}',
  '/api/carts/{cartId}/items',
  '/api/search',
];
const USER_AGENTS = [
  'Mozilla/5.0 (X11; Linux) Firefox/143.0',
  'okhttp/4.12.0',
  'Mozilla/5.0 (iPhone; iPhone OS 18_5)',
  'checkout-worker/3.14.1',
];

/**
 * The attributes of a server span by the HTTP semantic conventions: five repeated strings, two strings that are built
 * for this span, a whole number, a fraction and a flag.
 */
function serverAttributes(index: number): Attributes {
  return {
    'http.request.method': pick(METHODS, index),
    'http.route': pick(ROUTES, index),
    'url.path': pick(ROUTES, index).replace(/\{\w+\}/, String(1000 + index * 7)),
    'url.scheme': 'https',
    'server.address': 'shop.example.com',
    'http.response.status_code': index % 17 === 0 ? 404 : 200,
    'user_agent.original': pick(USER_AGENTS, index),
    'client.address': `10.${index % 7}.${index % 251}.${(index * 31) % 253}`,
    'app.cache.hit': index % 3 === 0,
    'app.db.seconds': 0.25 + (index % 1000) * 1.37,
  };
}

function pick(values: readonly string[], index: number): string {
  return values[index % values.length] as string;
}

/** Finished spans as the 3.x SDK makes them. Every second span is the child of the one before. */
function makeSpans(count: number): ReadableSpan[] {
  const finished: ReadableSpan[] = [];
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop', 'service.version': '3.14.1' }),
    spanProcessors: [spans.createTap((span) => finished.push(span))],
  });
  const tracer = provider.getTracer('@shop/http', '1.2.0');
  let parent = ROOT_CONTEXT;
  for (let index = 0; index < count; index++) {
    const name = `${pick(METHODS, index)} ${pick(ROUTES, index)}`;
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
    span.setAttributes(serverAttributes(index));
    span.end();
    parent = index % 2 === 0 ? trace.setSpan(ROOT_CONTEXT, span) : ROOT_CONTEXT;
  }
  return finished;
}
