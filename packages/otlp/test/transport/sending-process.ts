/**
 * A process that sends one request and has nothing else to do. Arguments: url, what to wait for, proxy.
 * A test runs it and checks that it ends.
 */
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';
import { sendOnce } from './send-once.ts';

const [url = '', wait = '', proxy = ''] = process.argv.slice(2);
const transport = createHttpTransport({
  url,
  timeoutMillis: 60_000,
  tls: { rejectUnauthorized: false },
  proxyEnv: proxy === '' ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
});
await sendOnce(transport, { forAnswer: wait === 'await', millis: wait === 'until-read' ? 300 : 50 });
