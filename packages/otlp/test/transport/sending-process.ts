/**
 * A process that sends one request and has nothing else to do. Arguments: url, what to wait for, proxy.
 * Run by a test, which sees whether it ends.
 */
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';

const [url = '', wait = '', proxy = ''] = process.argv.slice(2);
const transport = createHttpTransport({
  url,
  timeoutMillis: 60_000,
  tls: { rejectUnauthorized: false },
  proxyEnv: proxy === '' ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
});
const sending = transport.send({ chunks: [new Uint8Array(1000)], byteLength: 1000 }, new AbortController().signal);
process.stdout.write('sent\n');

if (wait === 'await') {
  // Something must hold the process until then, for the request does not.
  const hold = setInterval(() => {}, 1000);
  const { kind } = await sending;
  clearInterval(hold);
  process.stdout.write(`${kind}\n`);
} else {
  void sending;
  // Long enough for the request to be in whatever state the test has prepared.
  setTimeout(() => {}, wait === 'until-read' ? 300 : 50);
}
