import { createServer, request as httpRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { fixture } from './local-server.ts';

export interface LocalProxy {
  readonly port: number;
  /** `CONNECT host:port` and `POST http://...`, with `Proxy-Authorization`, in order. */
  readonly seen: { line: string; authorization: string | undefined; host: string | undefined }[];
}

/**
 * A proxy that connects any name to the server on `targetPort`, so that tests need no real names.
 * @param connectStatus the answer to CONNECT; `hang` for no answer
 */
export async function startProxy(
  targetPort: number,
  connectStatus: number | 'hang' = 200,
  isTls = false,
): Promise<LocalProxy> {
  const seen: LocalProxy['seen'] = [];
  const server = isTls ? createTlsServer({ cert: fixture('server.cert'), key: fixture('server.key') }) : createServer();
  server.on('request', (request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ line: `${method} ${url}`, authorization: headers['proxy-authorization'], host: headers.host });
    const { pathname } = new URL(url);
    const forwarded = httpRequest(
      { port: targetPort, host: '127.0.0.1', method, path: pathname, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(forwarded);
  });
  server.on('connect', (request, socket) => {
    seen.push({
      line: `CONNECT ${request.url ?? ''}`,
      authorization: request.headers['proxy-authorization'],
      host: request.headers.host,
    });
    socket.on('error', () => {});
    if (connectStatus === 'hang') return;
    if (connectStatus !== 200) {
      socket.end(`HTTP/1.1 ${connectStatus} No\r\n\r\n`);
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
  });
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, seen };
}
