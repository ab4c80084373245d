import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import {
  createServer as createHttp2Server,
  createSecureServer as createHttp2TlsServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';

type Http2Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;
type Secure = Pick<ServerOptions, 'key' | 'cert' | 'ca' | 'requestCert' | 'minVersion' | 'maxVersion' | 'ciphers'>;

/** Listens, prints its port, and then blocks for ever. */
const DEAF = `require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, function () {
  require('node:fs').writeSync(1, String(this.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** Each server stops at the end of its test, and resolves with its port on localhost. */
export const servers = {
  http: (listener: RequestListener) => listening(createHttpServer(listener)),
  https: (tls: Secure) => listening(createHttpsServer(tls, accept)),
  /** Without TLS: h2c. */
  http2: (listener?: Http2Listener) => listening(createHttp2Server(listener)),
  http2WithTls: (tls: Secure) => listening(createHttp2TlsServer(tls)),
  /** HTTP/1.1 and HTTP/2. */
  httpWithTls: (tls: Secure, listener: Http2Listener) =>
    listening(createHttp2TlsServer({ ...tls, allowHTTP1: true }, listener)),
  /** Like gRPC servers in Go: without agreement on HTTP/2, they close the connection. */
  tlsForHttp2: (tls: Secure) =>
    listening(
      createTlsServer(
        { ...tls, ALPNProtocols: ['h2'] },
        (socket) => void (socket.alpnProtocol === 'h2' || socket.destroy()),
      ),
    ),
  socket: (onSocket: (socket: Socket) => void) => listening(createPlainServer(onSocket)),
  /** A proxy that opens no tunnel. */
  refusingProxy: (status: number) =>
    listening(
      createHttpServer((_, response) => response.writeHead(status).end()).on('connect', (_, socket) =>
        socket.end(`HTTP/1.1 ${status} No\r\n\r\n`),
      ),
    ),
  /** A port that accepts no connections. Once its queue is full, further attempts get no answer, as with a firewall. */
  async deaf(): Promise<number> {
    const child = spawn(process.execPath, ['--eval', DEAF], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(line);
    const fillers = Array.from({ length: 4 }, () => connect({ host: 'localhost', port }).on('error', () => {}));
    onTestFinished(() => fillers.forEach((socket) => socket.destroy()));
    // The queue holds two; the others never get connected.
    await Promise.any(fillers.map((socket) => once(socket, 'connect')));
    return port;
  },
  /** A port where nothing listens. */
  async nobody(): Promise<number> {
    const server = createPlainServer().listen(0, 'localhost');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  },
};

const accept: RequestListener = (request, response) => {
  request.resume().on('end', () => response.end());
};

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
