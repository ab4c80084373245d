import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export const GRPC_ANSWER: OutgoingHttpHeaders = { ':status': 200, 'content-type': 'application/grpc' };

type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, received: Buffer) => void;

export interface LocalHttp2Server {
  readonly port: number;
  readonly url: string;
  /** Connections ever accepted. */
  readonly connections: readonly Socket[];
  /** Resolves when this many connections have closed. */
  closed(count: number): Promise<void>;
}

/** A server of HTTP/2 that answers each stream as told, once it was read, for answers that no gRPC server gives. */
export async function startHttp2Server(answer: Answer): Promise<LocalHttp2Server> {
  return startRawHttp2Server((stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => answer(stream, headers, Buffer.concat(chunks)));
  });
}

/** A server of HTTP/2 that may or may not read its streams. */
export async function startRawHttp2Server(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<LocalHttp2Server> {
  const connections: Socket[] = [];
  const server = createServer();
  server.on('connection', (socket: Socket) => connections.push(socket));
  server.on('sessionError', () => {});
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    connections,
    async closed(count) {
      const open = () => connections.find(({ destroyed }) => !destroyed);
      while (connections.filter(({ destroyed }) => destroyed).length < count) {
        const socket = open();
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await (socket === undefined ? once(server, 'connection') : once(socket, 'close'));
      }
    },
  };
}

/** A message of gRPC, uncompressed. */
export function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
