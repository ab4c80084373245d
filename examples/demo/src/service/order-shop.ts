import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attributes, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';

const ROUTE = '/orders/{orderId}';
const QUERY = 'SELECT id, customer_id, total, currency, placed_at FROM orders WHERE id = $1';
/** One order in so many is in the cache. */
const CACHED_EVERY = 4;

/** A shop that shows orders, instrumented by hand: four spans for an order found in the cache, six for one that is not. */
export class OrderShop {
  requests = 0;
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const path = request.url ?? '/';
    const orderId = Number(path.slice(path.lastIndexOf('/') + 1));
    await this.#inSpan(`GET ${ROUTE}`, SpanKind.SERVER, serverAttributes(request, path), async (span) => {
      const page = await this.#show(orderId);
      response.writeHead(200, { 'content-type': 'application/json' }).end(page);
      span.setAttributes({ 'http.response.status_code': 200, 'http.response.body.size': page.length });
    });
  }

  async #show(orderId: number): Promise<string> {
    const customer = `customer-${orderId % 5_000}`;
    await this.#inSpan('authorize', SpanKind.INTERNAL, { 'enduser.id': customer, 'shop.permission': 'orders:read' }, () =>
      Promise.resolve(),
    );
    const order = (await this.#cached(orderId)) ?? (await this.#stored(orderId));
    return this.#inSpan('render order', SpanKind.INTERNAL, { 'shop.template': 'order', 'shop.order.items': order.items }, () =>
      Promise.resolve(JSON.stringify({ ...order, customer, shownAt: new Date().toISOString() })),
    );
  }

  #cached(orderId: number): Promise<Order | undefined> {
    return this.#inSpan('GET order', SpanKind.CLIENT, redisAttributes('GET', orderId), async (span) => {
      await sleep(1);
      const hit = orderId % CACHED_EVERY === 0;
      span.addEvent(hit ? 'cache hit' : 'cache miss', { 'shop.cache.key': `order:${orderId}` });
      return hit ? orderOf(orderId) : undefined;
    });
  }

  async #stored(orderId: number): Promise<Order> {
    const order = await this.#inSpan('SELECT orders', SpanKind.CLIENT, postgresAttributes(orderId), async (span) => {
      await sleep(2 + (orderId % 4));
      span.setAttribute('db.response.returned_rows', 1);
      return orderOf(orderId);
    });
    await this.#inSpan('SET order', SpanKind.CLIENT, redisAttributes('SET', orderId), () => Promise.resolve());
    return order;
  }

  #inSpan<Result>(name: string, kind: SpanKind, attributes: Attributes, work: (span: Span) => Promise<Result>): Promise<Result> {
    return this.#tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
      try {
        return await work(span);
      } catch (error) {
        span.recordException(error instanceof Error ? error : String(error));
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    });
  }
}

interface Order {
  readonly id: number;
  readonly items: number;
  readonly total: number;
}

function orderOf(id: number): Order {
  return { id, items: 1 + (id % 7), total: 999 + (id % 90_000) };
}

function serverAttributes(request: IncomingMessage, path: string): Attributes {
  return {
    'http.request.method': request.method ?? 'GET',
    'http.route': ROUTE,
    'url.scheme': 'http',
    'url.path': path,
    'server.address': 'shop.example.com',
    'client.address': request.socket.remoteAddress ?? '',
    'client.port': request.socket.remotePort ?? 0,
    'network.protocol.version': request.httpVersion,
    'user_agent.original': request.headers['user-agent'] ?? '',
  };
}

function redisAttributes(operation: string, orderId: number): Attributes {
  return {
    'db.system.name': 'redis',
    'db.operation.name': operation,
    'db.query.text': `${operation} order:${orderId}`,
    'server.address': 'cache.internal',
    'server.port': 6379,
  };
}

function postgresAttributes(orderId: number): Attributes {
  return {
    'db.system.name': 'postgresql',
    'db.namespace': 'shop',
    'db.collection.name': 'orders',
    'db.operation.name': 'SELECT',
    'db.query.text': QUERY,
    'db.query.parameter.0': String(orderId),
    'server.address': 'orders-db.internal',
    'server.port': 5432,
  };
}
