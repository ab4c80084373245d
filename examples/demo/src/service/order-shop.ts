import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attributes, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { isBroken, isCached, isSlow, type Order, orderOf, queryMillis } from './order.ts';
import type { ShopLog } from './shop-log.ts';
import type { ShopMetrics } from './shop-metrics.ts';

const ROUTE = '/orders/{orderId}';
const QUERY = 'SELECT id, customer_id, total, currency, placed_at FROM orders WHERE id = $1';

interface Answer {
  readonly status: number;
  readonly page: string;
}

/**
 * A shop that shows orders, instrumented by hand. An order from the cache makes four spans, any other order six. Each
 * request logs one line, a slow one two, and is measured once.
 */
export class OrderShop {
  requests = 0;
  readonly #tracer: Tracer;
  readonly #log: ShopLog;
  readonly #metrics: ShopMetrics;

  constructor(tracer: Tracer, log: ShopLog, shopMetrics: ShopMetrics) {
    this.#tracer = tracer;
    this.#log = log;
    this.#metrics = shopMetrics;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const startedAt = performance.now();
    const path = request.url ?? '/';
    const orderId = Number(path.slice(path.lastIndexOf('/') + 1));
    await this.#inSpan(`GET ${ROUTE}`, SpanKind.SERVER, serverAttributes(request, path), async (span) => {
      const { status, page } = await this.#answer(orderId);
      response.writeHead(status, { 'content-type': 'application/json' }).end(page);
      span.setAttributes({ 'http.response.status_code': status, 'http.response.body.size': page.length });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      this.#metrics.measure(performance.now() - startedAt, {
        'http.request.method': 'GET',
        'http.route': ROUTE,
        'http.response.status_code': status,
        'url.scheme': 'http',
      });
    });
  }

  async #answer(orderId: number): Promise<Answer> {
    const startedAt = performance.now();
    const attributes = (status: number): Attributes => ({
      'http.route': ROUTE,
      'http.response.status_code': status,
      'shop.order.id': orderId,
      'shop.request.millis': performance.now() - startedAt,
    });
    try {
      const page = await this.#show(orderId);
      this.#log.info(`order ${orderId} shown`, attributes(200));
      return { status: 200, page };
    } catch (error) {
      this.#log.error(`order ${orderId} cannot be shown`, error, attributes(500));
      return { status: 500, page: JSON.stringify({ error: 'try again later' }) };
    }
  }

  async #show(orderId: number): Promise<string> {
    const customer = `customer-${orderId % 5_000}`;
    await this.#inSpan(
      'authorize',
      SpanKind.INTERNAL,
      { 'enduser.id': customer, 'shop.permission': 'orders:read' },
      () => Promise.resolve(),
    );
    const order = (await this.#cached(orderId)) ?? (await this.#stored(orderId));
    return this.#inSpan(
      'render order',
      SpanKind.INTERNAL,
      { 'shop.template': 'order', 'shop.order.items': order.items },
      () => Promise.resolve(JSON.stringify({ ...order, customer, shownAt: new Date().toISOString() })),
    );
  }

  #cached(orderId: number): Promise<Order | undefined> {
    return this.#inSpan('GET order', SpanKind.CLIENT, redisAttributes('GET', orderId), async (span) => {
      await sleep(1);
      const hit = isCached(orderId);
      span.addEvent(hit ? 'cache hit' : 'cache miss', { 'shop.cache.key': `order:${orderId}` });
      return hit ? orderOf(orderId) : undefined;
    });
  }

  async #stored(orderId: number): Promise<Order> {
    const order = await this.#inSpan('SELECT orders', SpanKind.CLIENT, postgresAttributes(orderId), async (span) => {
      await sleep(queryMillis(orderId));
      if (isBroken(orderId)) throw new Error('the database closed the connection');
      if (isSlow(orderId))
        this.#log.warn(`slow query for order ${orderId}`, { 'db.query.text': QUERY, 'shop.order.id': orderId });
      span.setAttribute('db.response.returned_rows', 1);
      return orderOf(orderId);
    });
    await this.#inSpan('SET order', SpanKind.CLIENT, redisAttributes('SET', orderId), () => Promise.resolve());
    return order;
  }

  #inSpan<Result>(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result> {
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
