import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { bodyOf, send } from '../../otlp/test/transport/sending.ts';
import { FramedCopy } from '../src/framed-copy.ts';
import { createGrpcTransport } from '../src/index.ts';
import { MessageMemory } from '../src/message-memory.ts';
import { answerOk, failWith, startGrpcServer } from './grpc-server.ts';
import { framed, GRPC_ANSWER } from './http2-server.ts';

const MEGABYTE = 2 ** 20;
const HEAD_BYTES = 5;

afterEach(() => {
  vi.restoreAllMocks();
});

function transportTo(url: string) {
  const transport = createGrpcTransport('traces', { url });
  onTestFinished(async () => transport.shutdown());
  return transport;
}

/** The bytes of the memory into which gRPC copies each message of that length. Memory that was freed has none. */
function copiesOf(length: number): () => readonly number[] {
  const allocate = vi.spyOn(Buffer, 'allocUnsafe');
  return () =>
    allocate.mock.calls.flatMap(([size], call) => {
      const { value } = allocate.mock.results[call] as { value: Buffer };
      return size === length + HEAD_BYTES ? [value.buffer.byteLength] : [];
    });
}

/** A server of HTTP/2 that does something before it has read anything. */
async function startEarlyServer(act: (stream: ServerHttp2Stream) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer();
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    act(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the copy that gRPC makes of a message', () => {
  it('is freed once it was sent and answered', async () => {
    const { url } = await startGrpcServer(answerOk);
    const copies = copiesOf(MEGABYTE);
    expect(await send(transportTo(url), bodyOf(new Uint8Array(MEGABYTE)))).toEqual({ kind: 'delivered' });
    expect(copies()).toEqual([0]);
  });

  it.each<[string, (stream: ServerHttp2Stream) => void]>([
    ['goes on', () => {}],
    ['loses its connection', (stream) => stream.session?.socket.destroySoon()],
    ['is told to go away', (stream) => stream.session?.goaway()],
  ])(
    'is not freed if the answer came before all of it was sent, because the socket still reads it: the stream %s',
    async (_, act) => {
      // More than the server's window, and less than gRPC would keep for a retry.
      const size = MEGABYTE - 100_000;
      const url = await startEarlyServer((stream) => {
        stream.respond(GRPC_ANSWER, { waitForTrailers: true });
        stream.once('wantTrailers', () => {
          stream.sendTrailers({ 'grpc-status': '0' });
          act(stream);
        });
        stream.end(framed(new Uint8Array(0)));
      });
      const copies = copiesOf(size);
      await send(transportTo(url), bodyOf(new Uint8Array(size)));
      expect(copies()).toContain(size + HEAD_BYTES);
      expect(copies()).not.toContain(0);
    },
  );

  it('is not freed if the call fails or is aborted', async () => {
    const copies = copiesOf(MEGABYTE);
    const body = bodyOf(new Uint8Array(MEGABYTE));
    const failing = await startGrpcServer(failWith(status.UNAVAILABLE, 'busy'));
    expect(await send(transportTo(failing.url), body)).toMatchObject({ kind: 'throttled' });
    const controller = new AbortController();
    const hanging = await startGrpcServer(() => controller.abort());
    expect(await transportTo(hanging.url).send(body, controller.signal)).toMatchObject({ kind: 'retry' });
    expect(copies()).toEqual([MEGABYTE + HEAD_BYTES, MEGABYTE + HEAD_BYTES]);
  });
});

describe('the memory of a message', () => {
  it('is used by the next one, and never by two at a time', async () => {
    const { url, calls } = await startGrpcServer(answerOk);
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const transport = transportTo(url);
    const filled = (byte: number) => new Uint8Array(MEGABYTE - byte).fill(byte);
    await send(transport, bodyOf(filled(1)));
    await send(transport, bodyOf(filled(2)));
    expect(allocate).toHaveBeenCalledOnce();
    await Promise.all([3, 4, 5].map((byte) => send(transport, bodyOf(filled(byte)))));
    expect(allocate).toHaveBeenCalledTimes(3);
    const received = calls.map(({ message }) => message).toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
    expect(received.map((message, index) => message.equals(filled(index + 1)))).toEqual(
      [1, 2, 3, 4, 5].map(() => true),
    );
  });

  it('is used again from the smallest one on that is worth it, and only if the next message fits', () => {
    const memory = new MessageMemory();
    const next = (bytes: number) => memory.join(bodyOf(new Uint8Array(bytes)));
    const first = next(100_000);
    memory.giveBack(first);
    const second = next(200_000);
    expect(second.buffer).toBe(first.buffer);
    // It is in use.
    expect(next(200_000).buffer).not.toBe(second.buffer);
    memory.giveBack(second);
    expect(next(300_000).buffer).not.toBe(second.buffer);
  });
});

describe('a copy of a message', () => {
  const message = Buffer.from('a message');
  const freedFrom = (target: Buffer, at: number): boolean => {
    const copy = new FramedCopy(message);
    expect(copy.message.copy(target, at)).toBe(message.length);
    copy.free();
    return target.buffer.byteLength === 0;
  };

  it('is freed if it is alone in its memory, behind its head', () => {
    expect(freedFrom(Buffer.from(new ArrayBuffer(HEAD_BYTES + message.length)), HEAD_BYTES)).toBe(true);
    expect(freedFrom(Buffer.from(new ArrayBuffer(message.length)), 0)).toBe(true);
  });

  it('is not freed if something else may be in its memory', () => {
    expect(freedFrom(Buffer.from(new ArrayBuffer(HEAD_BYTES + message.length + 1)), HEAD_BYTES)).toBe(false);
    const part = Buffer.from(new ArrayBuffer(100), 0, HEAD_BYTES + message.length);
    expect(freedFrom(part, HEAD_BYTES)).toBe(false);
  });
});
