import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export const fixture = (name: string): string =>
  readFileSync(new URL(`fixtures/test-only-${name}.pem`, import.meta.url), 'utf8');

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface LocalServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT/v1/traces`, or https on localhost. */
  readonly url: string;
  /** Requests that were read to their end, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** Connections ever accepted. */
  readonly connections: readonly Socket[];
  /** Resolves when this many connections have closed. */
  closed(count: number): Promise<void>;
}

type Answer = (response: ServerResponse, request: ReceivedRequest) => void;

/** A server that reads each request to its end and then answers. It is closed at the end of the test. */
export async function startServer(answer: Answer, tls?: ServerOptions): Promise<LocalServer> {
  const requests: ReceivedRequest[] = [];
  return startRawServer(
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const received = { method, url, headers, body: Buffer.concat(chunks) };
        requests.push(received);
        answer(response, received);
      });
      request.on('error', () => {});
    },
    tls,
    requests,
  );
}

/** A server whose listener may or may not read the requests. */
export async function startRawServer(
  listener: RequestListener,
  tls?: ServerOptions,
  requests: readonly ReceivedRequest[] = [],
): Promise<LocalServer> {
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const listening = await listen(server);
  return {
    ...listening,
    requests,
    url:
      tls === undefined
        ? `http://127.0.0.1:${listening.port}/v1/traces`
        : `https://localhost:${listening.port}/v1/traces`,
  };
}

/** A server for any protocol. */
export async function startSocketServer(onSocket: (socket: Socket) => void): Promise<LocalServer> {
  const listening = await listen(createPlainServer(onSocket));
  return { ...listening, requests: [], url: `http://127.0.0.1:${listening.port}/v1/traces` };
}

/** A URL on which nothing listens. */
export async function refusedUrl(): Promise<string> {
  const server = createPlainServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/v1/traces`;
}

async function listen(server: Server): Promise<Omit<LocalServer, 'url' | 'requests'>> {
  const connections: Socket[] = [];
  let closedCount = 0;
  let onClosed = () => {};
  server.on('connection', (socket: Socket) => {
    connections.push(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      closedCount += 1;
      onClosed();
    });
  });
  server.listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(async () => {
    for (const socket of connections) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    closed: async (count) =>
      new Promise((resolve) => {
        onClosed = () => {
          if (closedCount >= count) resolve();
        };
        onClosed();
      }),
  };
}
