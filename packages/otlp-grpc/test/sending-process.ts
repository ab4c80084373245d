/**
 * A process that sends one request and has nothing else to do. Arguments: url, what to wait for.
 * A test runs it and checks that it ends.
 */
import { sendOnce } from '../../otlp/test/transport/send-once.ts';
import { createGrpcTransport } from '../src/index.ts';

const [url = '', wait = ''] = process.argv.slice(2);
const transport = createGrpcTransport('traces', {
  url,
  timeoutMillis: 60_000,
  tls: { rejectUnauthorized: false },
});
await sendOnce(transport, { forAnswer: wait === 'await', millis: 300 });
