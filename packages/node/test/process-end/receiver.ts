import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** A request that came. */
export interface Received {
  readonly url: string;
  /** Of its body, as `digestOf` makes it; `undefined` if it was not read. */
  readonly digest: string | undefined;
  /** On the clock of `Date.now()`. */
  readonly at: number;
  /** The name that TLS was asked for; `false` if TLS was asked for none. */
  readonly servername: string | false | undefined;
  readonly host: string | undefined;
}

export interface Receiver {
  readonly port: number;
  received(): Promise<readonly Received[]>;
  /** What tunnels were asked for. */
  connects(): Promise<readonly string[]>;
}

export interface ReceiverOptions {
  /**
   * A function body with `request`, `response`, `index` (of the request, from 0) and `received` (which waits for its body). By
   * default it waits for the body and answers 200.
   */
  readonly answer?: string;
  /** The same for CONNECT, with `socket`, `index` and `accept`, which connects it to this receiver, and answers with a status line or 200. */
  readonly connect?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
}

const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { createHash } = require('node:crypto');
  const net = require('node:net');
  const AsyncFunction = (async () => {}).constructor;
  const { answer = 'await received(); response.end();', connect = 'accept();', tls } = workerData;
  const onRequest = new AsyncFunction('request', 'response', 'index', 'received', answer);
  const onConnect = new Function('socket', 'index', 'accept', connect);
  const all = [];
  const server = tls ? require('node:https').createServer(tls) : require('node:http').createServer();
  server.on('request', (request, response) => {
    const seen = { url: request.url, digest: undefined, at: Date.now(), servername: request.socket.servername, host: request.headers.host };
    const received = async () => {
      const hash = createHash('sha256');
      for await (const chunk of request) hash.update(chunk);
      seen.digest = hash.digest('hex');
    };
    onRequest(request, response, all.push(seen) - 1, received).catch(() => {});
  });
  const connects = [];
  const proxy = require('node:http').createServer().on('connect', (request, socket) => {
    socket.on('error', () => {});
    onConnect(socket, connects.push(request.url) - 1, (status = '200 Connection established') => {
      const upstream = net.connect(server.address().port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 ' + status + '\\r\\n\\r\\n');
        upstream.pipe(socket).pipe(upstream);
      }).on('error', () => socket.destroy());
    });
  });
  const listener = workerData.connect === undefined ? server : proxy.listen(0, '127.0.0.1');
  server.listen(0, '127.0.0.1', () => setImmediate(() => parentPort.postMessage(listener.address().port)));
  parentPort.on('message', () => parentPort.postMessage({ all, connects }));
`;

/** A server in a thread of its own, because this thread stands still while it ships. For the test that runs. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const worker = new Worker(PROGRAM, { eval: true, workerData: options });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = (await once(worker, 'message')) as [number];
  const seen = async (): Promise<{ readonly all: readonly Received[]; readonly connects: readonly string[] }> => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
    worker.postMessage('');
    return ((await once(worker, 'message')) as [{ all: readonly Received[]; connects: readonly string[] }])[0];
  };
  return { port, received: async () => (await seen()).all, connects: async () => (await seen()).connects };
}

export function digestOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
