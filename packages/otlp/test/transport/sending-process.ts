/**
 * A process that sends one request and has nothing else to do. Arguments: url, what to wait for, proxy.
 * A test runs it and checks that it ends.
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
  // Something must keep the process alive until then, because the request does not.
  const hold = setInterval(() => {}, 1000);
  const { kind } = await sending;
  clearInterval(hold);
  process.stdout.write(`${kind}\n`);
} else {
  void sending;
  // Long enough for the request to reach the state that the test has prepared.
  setTimeout(() => {}, wait === 'until-read' ? 300 : 50);
}
