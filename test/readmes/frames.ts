/** What a reader would add to the snippets, or do while they run. */
import type { Frame } from './program.ts';
import { allSnippets } from './snippets.ts';

export function codeOf(name: string): string {
  const found = allSnippets().find((snippet) => snippet.name === name);
  if (found === undefined) throw new Error(`there is no snippet ${name}`);
  return found.code;
}

export const SET_UP = 'README.md, Set up in code, ts';

/** The set-up without its imports of OpenTelemetry. */
export function setUpWithoutOpenTelemetry(): string {
  return codeOf(SET_UP).replaceAll(/^import .*'@opentelemetry\/.*\n/gm, '');
}

export const USE = `
trace.getTracer('shop').startSpan('GET /cart').end();
logs.getLogger('shop').emit({ body: 'order placed' });
`;

/** A server that is told to end once it listens. */
export const SERVE_UNTIL_SIGTERM = `
import { createServer as createShop } from 'node:http';
createShop().listen(0, () => process.kill(process.pid, 'SIGTERM'));
`;

export const END_SPAN = `
provider.getTracer('shop').startSpan('GET /cart').end();
await provider.shutdown();
`;

/** Pushes rows into `orders` and `clicks`, and prints what happened to them. */
export const TWO_CONTROLLERS = `
for (const controller of [orders, clicks]) {
  controller.start();
  for (let row = 0; row < 250; row += 1) await controller.push('row');
  console.log(await controller.close(), controller.getMetrics().eventsFlushed);
}
`;

export const ANSWERS_TO_POST = `
for (const status of [200, 429, 413, 500, 400]) {
  globalThis.fetch = async () => new Response(null, { status, headers: { 'retry-after': '2' } });
  const outcome = await post([{}], { signal: new AbortController().signal });
  console.log(outcome.kind, 'retryAfterMs' in outcome ? outcome.retryAfterMs : '-');
}
`;

/** Kills the process once the handler has returned, so that only the handler's own flush can have sent the span. */
export const INVOCATION = `
import { trace } from '@opentelemetry/api';

trace.getTracer('shop').startSpan('GET /cart').end();
console.log(await handler('order', { getRemainingTimeInMillis: () => 5_000 }));
process.kill(process.pid, 'SIGKILL');
`;

/** Puts a message into the queue, starts a target that answers, and ends the worker once the message is gone. */
export const QUEUE_AND_TARGET: Frame = {
  before: `
mkdir /var/tmp/queue; echo '{}' > /var/tmp/queue/1.json
node -e 'http.createServer((request, response) => request.resume().on("end", () => response.end())).listen(process.env.PORT)' &
target=$!`,
  after: `# in another terminal
while [ -e /var/tmp/queue/1.json ]; do sleep 0.1; done
kill $target
`,
};

/** A folder in which npm has installed the package. */
export const AS_INSTALLED: Frame = {
  before: `
package=$PWD/packages/node
cd "$SCRATCH"
mkdir -p node_modules/.bin node_modules/@spillway
echo '{"dependencies":{"@opentelemetry/sdk-trace":"*"}}' > package.json
ln -s $package node_modules/@spillway/node
ln -s ../@spillway/node/dist/cli.js node_modules/.bin/spillway`,
};

export const PORT_EXPORTER_USE = `
import { TAG_ITEM, writeStringField } from '@spillway/otlp/encoding';
import { ExportPipeline } from '@spillway/pipeline';

const encoder: ItemEncoder<string> = {
  resourceOf: () => ({ attributes: {} }),
  scopeOf: () => ({ name: 'notes' }),
  encode(text, writer) {
    writer.reserve(1);
    writer.bytes[writer.position++] = TAG_ITEM;
    const record = writer.openMessage();
    writer.reserve(1);
    writer.bytes[writer.position++] = 0x2a; // body
    const body = writer.openMessage();
    writeStringField(writer, 0x0a, text);
    writer.closeMessage(body);
    writer.closeMessage(record);
  },
};
const exporter = new PortExporter(encoder, async (body, signal) => {
  const headers = { 'content-type': 'application/x-protobuf' };
  await fetch('http://localhost:4318/v1/logs', { method: 'POST', body: new Uint8Array(body), headers, signal });
});
const pipeline = new ExportPipeline('Notes', 'logs', exporter, { resourceOf: encoder.resourceOf }, {});
for (const text of ['one', 'two']) pipeline.offer(text);
await pipeline.shutdown();
`;
