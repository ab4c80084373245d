/**
 * A process that sends one request and has nothing else to do. Arguments: url, what to wait for.
 * A test runs it and checks that it ends.
 */
import { createGrpcTransport } from '../src/index.ts';

const [url = '', wait = ''] = process.argv.slice(2);
const transport = createGrpcTransport('traces', {
  url,
  timeoutMillis: 60_000,
  tls: { rejectUnauthorized: false },
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
  setTimeout(() => {}, 300);
}
