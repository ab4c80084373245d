import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { spans } from '../application/signals/spans.ts';

/** What a service and its host are described by, with the detectors that are usual in Kubernetes. */
const RESOURCE = {
  'service.name': 'checkout',
  'service.namespace': 'shop',
  'service.version': '2026.11.3',
  'service.instance.id': '2f1c6f0e-6a39-4c0e-9f8e-6f0c5a7d1b42',
  'deployment.environment.name': 'production',
  'k8s.namespace.name': 'shop',
  'k8s.pod.name': 'checkout-7d9c5b8f6d-x2x7q',
  'k8s.node.name': 'ip-10-3-41-17.eu-central-1.compute.internal',
  'telemetry.sdk.language': 'nodejs',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': '3.1.1',
};

const ROUTES = [
  '/api/carts/{cartId}',
  '/api/carts/{cartId}/items',
  '/api/orders',
  '/api/orders/{orderId}',
  '/api/quotes',
];
const USER_AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  'okhttp/4.12.0',
];
const STATEMENTS = [
  ['SELECT', 'carts', 'SELECT id, customer_id, currency, updated_at FROM carts WHERE id = $1 FOR UPDATE'],
  [
    'SELECT',
    'cart_items',
    'SELECT sku, quantity, unit_price_cents FROM cart_items WHERE cart_id = $1 ORDER BY position',
  ],
  [
    'INSERT',
    'orders',
    'INSERT INTO orders (id, cart_id, customer_id, total_cents, currency, created_at) VALUES ($1, $2, $3, $4, $5, now())',
  ],
] as const;

/** Random, but the same in each run. */
class Chance {
  #state = 0x9e3779b9;

  next(): number {
    this.#state = (Math.imul(this.#state ^ (this.#state >>> 15), 0x85ebca6b) + 0x6d2b79f5) | 0;
    const mixed = Math.imul(this.#state ^ (this.#state >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  of<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)] as Value;
  }

  /** As many digits as a UUID has, which no compression makes much smaller. */
  id(): string {
    const digits = () =>
      this.below(2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return `${digits()}-${digits().slice(4)}-4${digits().slice(5)}-${digits()}${digits().slice(4)}`;
  }
}

/**
 * Spans as a service in production makes them: a request by HTTP, the queries and the call to another service that it
 * leads to, and now and then an exception. Ids and addresses differ, texts repeat.
 */
export function productionSpans(count: number): ReadableSpan[] {
  const finished: ReadableSpan[] = [];
  const provider = new TracerProvider({
    resource: resourceFromAttributes(RESOURCE),
    spanProcessors: [spans.createTap((span) => finished.push(span))],
  });
  const chance = new Chance();
  const [http, pg] = [
    provider.getTracer('@opentelemetry/instrumentation-http', '0.301.0'),
    provider.getTracer('@opentelemetry/instrumentation-pg', '0.81.0'),
  ];
  while (finished.length < count) makeRequest(chance, http, pg);
  return finished.slice(0, count);
}

function makeRequest(chance: Chance, http: Tracer, pg: Tracer): void {
  const route = chance.of(ROUTES);
  const method = chance.of(['GET', 'GET', 'POST']);
  const isFailed = chance.below(50) === 0;
  const server = http.startSpan(`${method} ${route}`, {
    kind: SpanKind.SERVER,
    attributes: serverAttributes(chance, method, route),
  });
  const context = trace.setSpan(ROOT_CONTEXT, server);
  for (let query = chance.below(4); query > 0; query -= 1) makeQuery(chance, pg, context);
  if (chance.below(2) === 0) makeCall(chance, http, context);
  server.setAttribute('http.response.status_code', isFailed ? 500 : 200);
  if (isFailed) {
    server.recordException(new Error(`cart ${chance.id()} is locked by another checkout`));
    server.setStatus({ code: SpanStatusCode.ERROR });
  }
  server.end();
}

function serverAttributes(chance: Chance, method: string, route: string): Attributes {
  return {
    'http.request.method': method,
    'http.route': route,
    'url.path': route.replace(/\{\w+\}/, chance.id()),
    'url.scheme': 'https',
    'server.address': 'checkout.shop.example.com',
    'client.address': `84.${chance.below(256)}.${chance.below(256)}.${chance.below(256)}`,
    'network.protocol.version': '1.1',
    'network.peer.address': `10.3.${chance.below(64)}.${chance.below(256)}`,
    'network.peer.port': 30_000 + chance.below(30_000),
    'user_agent.original': chance.of(USER_AGENTS),
    'app.customer.id': chance.id(),
    'app.cart.value': Math.round(chance.next() * 50_000) / 100,
  };
}

function makeQuery(chance: Chance, pg: Tracer, context: Context): void {
  const [operation, table, statement] = chance.of(STATEMENTS);
  const attributes = {
    'db.system.name': 'postgresql',
    'db.namespace': 'shop',
    'db.operation.name': operation,
    'db.collection.name': table,
    'db.query.text': statement,
    'server.address': 'shop-db.cluster-c1x2y3z4.eu-central-1.rds.amazonaws.com',
    'server.port': 5432,
  };
  pg.startSpan(`${operation} ${table}`, { kind: SpanKind.CLIENT, attributes }, context).end();
}

function makeCall(chance: Chance, http: Tracer, context: Context): void {
  const attributes = {
    'http.request.method': 'POST',
    'url.full': `http://payments.shop.svc.cluster.local:8080/v2/authorizations/${chance.id()}`,
    'server.address': 'payments.shop.svc.cluster.local',
    'server.port': 8080,
    'http.response.status_code': 201,
  };
  http.startSpan('POST', { kind: SpanKind.CLIENT, attributes }, context).end();
}
