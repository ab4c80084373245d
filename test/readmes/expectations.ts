/** What each snippet must do. A snippet that is not in this table fails the tests. */
import { expect } from 'vitest';
import {
  ANSWERS_TO_POST,
  AS_INSTALLED,
  codeOf,
  END_SPAN,
  INVOCATION,
  PORT_EXPORTER_USE,
  QUEUE_AND_TARGET,
  SERVE_UNTIL_SIGTERM,
  SET_UP,
  setUpWithoutOpenTelemetry,
  TWO_CONTROLLERS,
  USE,
} from './frames.ts';
import type { Effect, Frame, SdkLine } from './program.ts';

export type Expectation =
  /** It runs, and has this effect. */
  | { readonly kind: 'runs'; readonly effect: ExpectedEffect; readonly frame: Frame }
  /** It installs everything that the TypeScript of the same document imports, on this line of OpenTelemetry. */
  | { readonly kind: 'installs'; readonly line: SdkLine }
  /** Its commands exist, and the file that reads their options knows each option. It would take too long to run. */
  | { readonly kind: 'commands'; readonly optionsIn?: string }
  /** Another test runs it. That test contains all of these words of the snippet. */
  | { readonly kind: 'tested'; readonly by: string; readonly words: readonly string[] };

export interface ExpectedEffect {
  readonly spans?: Effect['spans'];
  readonly logs?: Effect['logs'];
  /** Default: any. */
  readonly dataPoints?: Effect['dataPoints'];
  /** The output must contain each of these. Line breaks do not matter for texts. */
  readonly prints?: readonly (string | RegExp)[];
  /** Default: 0. */
  readonly end?: Effect['end'];
}

const runs = (effect: ExpectedEffect, frame: Frame = {}): Expectation => ({ kind: 'runs', effect, frame });
const installs = (line: SdkLine): Expectation => ({ kind: 'installs', line });
const commands = (optionsIn?: string): Expectation => ({
  kind: 'commands',
  ...(optionsIn === undefined ? {} : { optionsIn }),
});
const tested = (by: string, ...words: readonly string[]): Expectation => ({ kind: 'tested', by, words });

const USED = { spans: ['GET /cart'], logs: ['order placed'] };

const twice = (...names: readonly string[]): readonly string[] => names.flatMap((name) => [name, name]);

/** The record that the service of examples/logs-api logs for an order. */
const ORDER = { text: 'order received', order: { book: 'Walden', copies: 1 } };

export const EXPECTATIONS: Readonly<Record<string, readonly Expectation[]>> = {
  'README.md, Spillway, sh': [commands()],
  'README.md, Spillway, sh 2': [
    runs(
      { spans: ['GET /cart'] },
      {
        before: 'cd "$SCRATCH"',
        files: {
          'app.js':
            "import { trace } from '@opentelemetry/api';\ntrace.getTracer('shop').startSpan('GET /cart').end();\n",
        },
      },
    ),
  ],
  'README.md, Spillway, sh 3': [installs('otel3')],
  'README.md, Spillway, ts': [
    runs({ spans: ['GET /cart'] }, { after: "trace.getTracer('shop').startSpan('GET /cart').end();\n" }),
  ],
  [SET_UP]: [runs(USED, { after: USE }), runs(USED, { after: USE + SERVE_UNTIL_SIGTERM })],
  'README.md, Set up in code, ts 2': [
    runs(USED, { before: "import './telemetry.ts';", files: { 'telemetry.ts': codeOf(SET_UP) } }),
  ],
  'README.md, Set up in code, sh': [installs('otel2')],
  'README.md, Set up in code, ts 3': [runs(USED, { sdk: 'otel2', after: setUpWithoutOpenTelemetry() + USE })],
  'README.md, Set up in code, sh 2': [
    runs(
      {
        spans: ['spillway doctor'],
        logs: ['spillway doctor'],
        prints: ['traces to http://localhost:4318/v1/traces', 'logs to http://localhost:4318/v1/logs'],
      },
      AS_INSTALLED,
    ),
  ],
  'README.md, Working on Spillway, sh': [commands()],

  'packages/backpressure/README.md, @spillway/backpressure, sh': [installs('otel3')],
  'packages/backpressure/README.md, An example, ts': [
    runs({ prints: ['{ eventsAccepted: 5000, eventsFlushed: 5000, eventsRetried: 100, rows: 5000 }'] }),
    // An outage that is longer than a row waits by default.
    runs(
      { prints: ['eventsAccepted: 5000, eventsFlushed: 5000', 'rows: 5000'] },
      { replace: { 'calls === 3': 'performance.now() < 7_000' } },
    ),
  ],
  'packages/backpressure/README.md, The flush function, ts': [
    runs(
      { prints: ['delivered -', 'throttled 2000', 'too_large -', 'retry -', 'refused -'] },
      { after: ANSWERS_TO_POST },
    ),
  ],
  'packages/backpressure/README.md, Streams, ts': [runs({ prints: ['true'] })],
  'packages/backpressure/README.md, One limit for several controllers, ts': [
    runs(
      { prints: ['250', 'false: more than clicks may hold'] },
      {
        after: `${TWO_CONTROLLERS}
const more = new BackpressureController<string>(deliver, { memoryBudget, sizeOf, maxBufferBytes: 8 * 2 ** 20 });
console.log(\`\${more.tryPush('x'.repeat(9 * 2 ** 20))}: more than clicks may hold\`);`,
      },
    ),
  ],
  'packages/backpressure/README.md, One consumer of several controllers, ts': [
    runs({ prints: ['250'] }, { after: TWO_CONTROLLERS }),
  ],

  'packages/config/README.md, @spillway/config, sh': [installs('otel3')],
  'packages/config/README.md, @spillway/config, ts': [
    runs({
      prints: [
        "{ url: 'http://collector:4318/v1/traces' }",
        'OTEL_BSP_MAX_QUEUE_SIZE="plenty" is ignored: expected a whole number from 1 to 2147483647',
        /^\{\}$/m,
      ],
    }),
  ],
  'packages/config/README.md, Reading your own variables, ts': [
    runs({ prints: [/^1000000$/m] }),
    runs({ prints: [/^2097152$/m] }, { before: "process.env['CACHE_SIZE'] = '2MiB';" }),
  ],

  'packages/logs/README.md, @spillway/logs, sh': [installs('otel3')],
  'packages/logs/README.md, @spillway/logs, sh 2': [installs('otel2')],
  'packages/logs/README.md, SDK 3.x, ts': [runs({ prints: [/^1$/m] })],

  'packages/metrics/README.md, @spillway/metrics, sh': [installs('otel3')],
  'packages/metrics/README.md, @spillway/metrics, sh 2': [installs('otel2')],
  'packages/metrics/README.md, An example, ts': [
    runs({ prints: ['{ requests: 3, eventsFlushed: 2, eventsRetried: 4, eventsDropped: 0 }'] }),
    runs({ prints: ['{ requests: 3, eventsFlushed: 2, eventsRetried: 4, eventsDropped: 0 }'] }, { sdk: 'otel2' }),
  ],
  "packages/metrics/README.md, `OtlpMetricExporter` under upstream's reader, ts": [
    runs(
      { dataPoints: ['orders'] },
      { after: "provider.getMeter('shop').createCounter('orders').add(1);\nawait provider.shutdown();\n" },
    ),
  ],

  'packages/node/README.md, @spillway/node, sh': [installs('otel3')],
  'packages/node/README.md, @spillway/node, sh 2': [installs('otel2')],
  'packages/node/README.md, Without code, sh': [
    runs(
      {
        spans: ['GET /cart'],
        prints: [
          'otel info: Spillway ships traces to http://collector:4318/v1/traces (parentbased_always_on), logs to http://collector:4318/v1/logs, metrics to http://collector:4318/v1/metrics; OpenTelemetry 3.x',
        ],
      },
      {
        before: 'cd "$SCRATCH"',
        files: {
          'app.js':
            "import { trace } from '@opentelemetry/api';\ntrace.getTracer('shop').startSpan('GET /cart').end();\n",
        },
      },
    ),
  ],
  'packages/node/README.md, As a function, ts': [runs({ prints: [/^1$/m] })],
  'packages/node/README.md, What is set, and does it work, sh': [
    runs(
      {
        spans: ['spillway doctor'],
        logs: ['spillway doctor'],
        prints: ['serviceName shop OTEL_SERVICE_NAME', 'traces to http://localhost:4318/v1/traces'],
      },
      { before: `export OTEL_SERVICE_NAME=shop\n${AS_INSTALLED.before}` },
    ),
  ],
  'packages/node/README.md, Serverless, ts': [
    runs({ spans: ['GET /cart'], prints: ['handled order'], end: 'SIGKILL' }, { after: INVOCATION }),
  ],
  'packages/node/README.md, Pressure, ts': [
    runs(
      { spans: ['GET /cart'] },
      { after: "import { trace } from '@opentelemetry/api';\ntrace.getTracer('shop').startSpan('GET /cart').end();\n" },
    ),
    runs({ prints: ['blocked'] }, { replace: { '=> 0': '=> 1' }, after: 'setTimeout(() => {}, 700);' }),
  ],

  'packages/otlp/README.md, @spillway/otlp, sh': [installs('otel3')],
  'packages/otlp/README.md, An example, ts': [runs({ prints: [/^delivered 2$/m] })],

  'packages/web/README.md, @spillway/web, sh': [installs('otel3')],
  'packages/web/README.md, @spillway/web, ts': [
    tested(
      'test/web/registered-program.ts',
      'registerWeb({ url:',
      'TracerProvider, LoggerProvider });',
      "startSpan('GET /cart').end();",
    ),
  ],
  'packages/web/README.md, Metrics, sh': [installs('otel3')],
  'packages/web/README.md, Metrics, ts': [
    tested(
      'test/web/metrics-program.ts',
      'metricReader: ({ url, headers, spool }) =>',
      "createCounter('clicks').add(3);",
    ),
  ],
  'packages/web/README.md, In a set-up of your own, ts': [
    runs({}, { after: 'await Promise.all([spanProcessor.shutdown(), logRecordProcessor.shutdown()]);' }),
  ],

  'packages/zpages/README.md, @spillway/zpages, sh': [installs('otel3')],
  'packages/zpages/README.md, @spillway/zpages, ts': [
    runs({ prints: [/^live page at http:\/\/127\.0\.0\.1:\d+\/$/m, /^shop$/m, /^traces {2}normal for /m] }),
  ],
  'packages/pino/README.md, @spillway/pino, sh': [installs('otel3')],
  'packages/pino/README.md, @spillway/pino, ts': [runs({ logs: ['order placed'] })],
  'packages/winston/README.md, @spillway/winston, sh': [installs('otel3')],
  'packages/winston/README.md, @spillway/winston, ts': [
    runs({ logs: ['order placed'], prints: ['"message":"order placed"'] }),
  ],
  'packages/otlp-grpc/README.md, @spillway/otlp-grpc, sh': [installs('otel3')],
  'packages/otlp-grpc/README.md, Use, ts': [runs({ prints: [/^received 100 bytes$/m, /^delivered$/m] })],

  'packages/pipeline/README.md, @spillway/pipeline, sh': [installs('otel3')],
  'packages/pipeline/README.md, An example, ts': [runs({ prints: [/^10 1000$/m] })],
  'packages/pipeline/README.md, A transport of your own, ts': [
    runs({ logs: ['one', 'two'] }, { after: PORT_EXPORTER_USE }),
  ],

  'packages/spool/README.md, @spillway/spool, sh': [installs('otel3')],
  'packages/spool/README.md, Use, ts': [runs({ prints: [/^stored 1 span$/m, /^delivered$/m] })],

  'packages/sampling/README.md, @spillway/sampling, sh': [installs('otel3')],
  // Five standard deviations to each side.
  'packages/sampling/README.md, An example, ts': [
    runs({ prints: [/^(9[5-9]|10[0-4])\d\d ot=th:e666,vendor=value$/m, /^(9[5-9]|10[0-4])\d{3}$/m] }),
  ],
  'packages/sampling/README.md, Sampling under load, ts': [runs({ prints: [/^0\.09999/m] })],

  'packages/trace/README.md, @spillway/trace, sh': [installs('otel3')],
  'packages/trace/README.md, @spillway/trace, sh 2': [installs('otel2')],
  'packages/trace/README.md, SDK 3.x, ts': [runs({ prints: [/^1$/m] })],
  'packages/trace/README.md, SDK 2.x, ts': [
    runs({ spans: ['GET /cart'] }, { sdk: 'otel2' }),
    runs({ spans: ['GET /cart'] }, { sdk: 'otel2', after: SERVE_UNTIL_SIGTERM }),
  ],
  'packages/trace/README.md, Strategies, ts': [runs({ spans: ['GET /cart'] }, { after: END_SPAN })],
  "packages/trace/README.md, OtlpSpanExporter under upstream's processors, ts": [
    runs({ spans: ['GET /cart'] }, { after: END_SPAN }),
  ],

  'docs/reliability.md, Measuring again, sh': [commands('scripts/write-reliability-tables.ts')],
  'docs/self-metrics.md, Self-metrics, ts': [
    runs(
      { prints: ['otel.sdk.exporter.span.inflight', 'otel.sdk.metric_reader.collection.duration'] },
      {
        after: `
await meterProvider.forceFlush();
const { resourceMetrics } = await reader.collect();
for (const { descriptor } of resourceMetrics.scopeMetrics.flatMap(({ metrics: all }) => all)) console.log(descriptor.name);
await processor.shutdown();
await meterProvider.shutdown();
`,
      },
    ),
  ],
  'docs/sampling-under-load.md, What is kept, ts': [
    runs(
      { spans: ['GET /cart'] },
      {
        before: "import { TracerProvider } from '@opentelemetry/sdk-trace';",
        after: `const provider = new TracerProvider({ spanProcessors: [processor] });${END_SPAN}`,
      },
    ),
  ],
  'docs/sampling-under-load.md, At the head, ts': [runs({ spans: ['GET /cart'] }, { after: END_SPAN })],

  'docs/serverless.md, Workers, sh': [installs('otel3')],
  'docs/testing.md, Whether it is right, ts': [
    runs({ prints: ["[ [ 'order', { book: 'Walden' } ] ]", "[ 'order placed' ]"] }),
  ],
  'docs/spool.md, The spool, sh': [
    runs(
      { spans: ['GET /cart'], prints: ['; spool in '] },
      {
        before: 'cd "$SCRATCH"',
        files: {
          'app.js':
            "import { trace } from '@opentelemetry/api';\ntrace.getTracer('shop').startSpan('GET /cart').end();\n",
        },
      },
    ),
  ],
  'docs/spool.md, The spool, ts': [
    runs(
      { spans: ['GET /cart'], prints: ['; spool in a place of the application; '] },
      { after: "import { trace } from '@opentelemetry/api';\ntrace.getTracer('shop').startSpan('GET /cart').end();\n" },
    ),
  ],
  'docs/spool.md, Looking into it, and emptying it, sh': [
    runs(
      { prints: ['Nothing is stored in'] },
      { before: `export SPILLWAY_SPOOL_DIRECTORY="$SCRATCH"/spool\n${AS_INSTALLED.before}` },
    ),
  ],

  'examples/README.md, Examples, sh': [
    runs(
      { spans: ['POST /orders/{book}', 'reserve book'], logs: [ORDER, undefined] },
      { after: '# in another terminal\ncurl -X POST localhost:8080/orders/Walden\n' },
    ),
  ],
  'examples/console-beside/README.md, A console and a collector, sh': [
    runs({
      logs: ['no price', 'price not read', 'price read', 'price read', 'reading prices'],
      prints: [/^\d\d:\d\d:\d\d\.\d{3} INFO  price read article="tea" price=4\.2$/m],
    }),
  ],
  'examples/demo/README.md, The demo, sh': [tested('examples/demo/test/demo-process.ts')],
  'examples/demo/README.md, Options, sh': [commands('examples/demo/src/options.ts')],
  'examples/fastify-logs/README.md, Fastify with its logs, sh': [
    runs({
      spans: twice('GET /parcels/:id', 'handler - fastify -> @fastify/otel', 'request'),
      logs: [
        '31000 g is too heavy',
        expect.stringMatching('Server listening at'),
        ...twice('incoming request', 'request completed'),
        'weighed',
      ],
    }),
  ],
  'examples/kubernetes-shutdown/README.md, Shutdown in Kubernetes, sh': [
    // Waits until it listens, instead of for a second. A busy machine also needs longer than 0.2 s to start curl.
    runs(
      { spans: ['GET /reports/{id}'] },
      { replace: { 'sleep 1;': 'curl localhost:8080/healthz;', 'sleep 0.2': 'sleep 0.5' } },
    ),
  ],
  'examples/lambda-handler/README.md, A Lambda handler, sh': [runs({ spans: ['postage'], prints: ['{ cents: 375 }'] })],
  'examples/request-metrics/README.md, Request metrics, runtime metrics and traces, sh': [runs({ spans: ['POST'] })],
  'examples/load-balancing/README.md, Load balancing, sh': [
    tested(
      'test/otelcol/load-balancing.test.ts',
      'BACKEND_ENDPOINT',
      'backend.yaml',
      'GATEWAY_ENDPOINT',
      'BACKEND_1',
      'BACKEND_2',
      'gateway.yaml',
    ),
  ],
  "examples/logs-api/README.md, OpenTelemetry's logs API, sh": [
    runs({ spans: twice('POST /orders/{book}', 'reserve book'), logs: ['order refused', ORDER, ORDER, undefined] }),
  ],
  'examples/pino/README.md, pino, sh': [
    runs({
      logs: ['done', 'not shipped', 'shipped', 'shipped', 'weighing 1250 g', 'weighing 31000 g', 'weighing 480 g'],
    }),
  ],
  'examples/queue-worker/README.md, A queue worker, sh': [
    runs({ spans: ['deliver'], prints: ['1 delivered, 0 set aside'] }, QUEUE_AND_TARGET),
  ],
  'examples/circuit-breaker/README.md, With a circuit breaker of your own, sh': [
    runs({ prints: [/^1000 invoices are saved, after \d+ calls of the service$/m] }),
  ],
  'examples/events-to-http/README.md, An event emitter into HTTP, sh': [
    runs(
      { prints: ['1000 orders are delivered'] },
      {
        before: `node -e "http.createServer((q, s) => q.resume().on('end', () => s.end())).listen($PORT)" & server=$!\n`,
        after: 'kill $server\n',
      },
    ),
  ],
  'examples/stream-to-sqlite/README.md, A stream into SQLite, sh': [runs({ prints: ['100000 visits are stored'] })],
  'examples/sqlite-batching/README.md, Writing to SQLite in batches, sh': [
    runs({ prints: [/^in batches: \d+ rows\/s$/m] }, { after: 'test -s /var/tmp/readings.db\n' }),
  ],
  'examples/winston/README.md, winston, sh': [
    runs({
      logs: [
        'not rendered',
        'opening 0 x 0',
        'opening 1200 x 1600',
        'opening 6000 x 4000',
        'rendered',
        'rendered',
        'some pictures were left out',
      ],
    }),
  ],
  // Its 290 packages are not installed when these tests run.
  'examples/zero-code-express/README.md, Express without a line of telemetry, sh': [
    tested(
      'examples/zero-code-express/test/zero-code-express.test.ts',
      'OTEL_SERVICE_NAME',
      'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
      'http,express,undici',
      '--import',
      '@spillway/node/register',
      'src/app.js',
    ),
  ],
  'examples/zero-code-express/README.md, Express without a line of telemetry, sh 2': [installs('otel3')],
};
