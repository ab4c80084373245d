import { status } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OtlpTransport, OtlpTransportOptions } from '@spillway/otlp/parts';
import { bodyOf, errorOf, send } from '../../otlp/test/transport/sending.ts';
import { createGrpcTransport } from '../src/index.ts';
import { answerOk, failWith, startGrpcServer } from './grpc-server.ts';
import { framed, GRPC_ANSWER, startHttp2Server, startRawHttp2Server } from './http2-server.ts';
import { retryInfo, statusWith } from './statuses.ts';

const create = (options: OtlpTransportOptions): OtlpTransport => {
  const transport = createGrpcTransport('traces', options);
  onTestFinished(async () => transport.shutdown());
  return transport;
};

describe('the answer of a gRPC server', () => {
  it('counts as delivered with the status OK', async () => {
    const server = await startGrpcServer(answerOk);
    expect(await send(create({ url: server.url }))).toEqual({ kind: 'delivered' });
  });

  it.each([status.CANCELLED, status.DEADLINE_EXCEEDED, status.ABORTED, status.OUT_OF_RANGE, status.DATA_LOSS])(
    'is a temporary failure with status %i',
    async (code) => {
      const server = await startGrpcServer(failWith(code, 'in passing'));
      const outcome = await send(create({ url: server.url }));
      expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'GrpcStatusError' }) });
      expect(errorOf(outcome).message).toBe(`127.0.0.1:${server.port} answered ${status[code]}: in passing`);
      expect(errorOf(outcome).code).toBe(status[code]);
    },
  );

  it.each([
    status.UNKNOWN,
    status.INVALID_ARGUMENT,
    status.NOT_FOUND,
    status.ALREADY_EXISTS,
    status.FAILED_PRECONDITION,
    status.UNIMPLEMENTED,
    status.INTERNAL,
    status.RESOURCE_EXHAUSTED,
  ])('is a refusal with status %i', async (code) => {
    const server = await startGrpcServer(failWith(code, 'for good'));
    expect(await send(create({ url: server.url }))).toMatchObject({ kind: 'refused', error: { code: status[code] } });
  });

  it.each([status.UNAVAILABLE, status.RESOURCE_EXHAUSTED])(
    'means throttling with status %i and the RetryInfo of its details',
    async (code) => {
      const waits = [retryInfo(2), retryInfo(0, 250_000_000), retryInfo(3600), retryInfo(0), retryInfo(1_764_000_000)];
      const server = await startGrpcServer((answer, call, raw) => {
        failWith(code, 'slow down', { 'grpc-status-details-bin': waits.shift() ?? '' })(answer, call, raw);
      });
      const transport = create({ url: server.url });
      expect(await send(transport)).toMatchObject({ kind: 'throttled', retryAfterMs: 2_000 });
      expect(await send(transport)).toMatchObject({ kind: 'throttled', retryAfterMs: 250 });
      expect(await send(transport)).toMatchObject({ kind: 'throttled', retryAfterMs: 60_000 });
      expect(await send(transport)).toEqual({ kind: 'throttled', error: expect.any(Error) });
      expect(await send(transport)).toEqual({ kind: 'throttled', error: expect.any(Error) });
    },
  );

  it.each([
    ['of another kind', statusWith('type.googleapis.com/google.rpc.ErrorInfo', Buffer.of(0x0a, 0))],
    ['that cannot be read', Buffer.from('no protobuf at all')],
  ])('means throttling without a time with UNAVAILABLE and details %s', async (_, details) => {
    const server = await startGrpcServer(failWith(status.UNAVAILABLE, 'busy', { 'grpc-status-details-bin': details }));
    expect(await send(create({ url: server.url }))).toEqual({ kind: 'throttled', error: expect.any(Error) });
  });

  it.each([
    [status.RESOURCE_EXHAUSTED, 'grpc: received message larger than max (5000000 vs. 4194304)'],
    [status.RESOURCE_EXHAUSTED, 'Received message larger than max (5000000 vs. 4194304)'],
    [status.RESOURCE_EXHAUSTED, 'gRPC message exceeds maximum size 4194304: 5000000'],
    [status.RESOURCE_EXHAUSTED, 'Received message exceeds the maximum configured message size.'],
    [status.OUT_OF_RANGE, 'Error, message length too large: found 5000000 bytes, the limit is: 4194304 bytes'],
  ])('means too large with status %i that says: %s', async (code, details) => {
    const server = await startGrpcServer(failWith(code, details));
    expect(await send(create({ url: server.url }))).toMatchObject({ kind: 'too_large', error: { code: status[code] } });
  });

  it('means too large if the server has a limit, compressed or not', async () => {
    const server = await startGrpcServer(answerOk, { options: { 'grpc.max_receive_message_length': 4 * 2 ** 20 } });
    const large = bodyOf(new Uint8Array(4 * 2 ** 20 + 1));
    expect(await send(create({ url: server.url }), large)).toMatchObject({ kind: 'too_large' });
    expect(await send(create({ url: server.url, compression: 'gzip' }), large)).toMatchObject({ kind: 'too_large' });
    expect(server.calls).toHaveLength(0);
  });
});

describe('an answer of a proxy or of no gRPC server', () => {
  it.each([
    [401, { kind: 'retry', denied: true }],
    [403, { kind: 'retry', denied: true }],
    [404, { kind: 'refused' }],
    [413, { kind: 'too_large' }],
    [429, { kind: 'throttled' }],
    [500, { kind: 'refused' }],
    [502, { kind: 'retry' }],
    [503, { kind: 'throttled' }],
    [504, { kind: 'retry' }],
  ])('counts by its status of HTTP: %i', async (code, outcome) => {
    const server = await startHttp2Server((stream) => {
      stream.respond({ ':status': code, 'content-type': 'text/html' });
      stream.end('<html>');
    });
    const result = await send(create({ url: server.url, headers: async () => ({}) }));
    expect(result).toMatchObject({ ...outcome, error: { name: 'GrpcStatusError', statusCode: code } });
    expect('denied' in result).toBe('denied' in outcome);
  });

  it('counts if its status is in the headers alone', async () => {
    const server = await startHttp2Server((stream) =>
      stream.respond(
        {
          ...GRPC_ANSWER,
          'grpc-status': '8',
          'grpc-message': 'too%20many, wait',
          'grpc-status-details-bin': retryInfo(3).toString('base64'),
        },
        { endStream: true },
      ),
    );
    const outcome = await send(create({ url: server.url }));
    expect(outcome).toMatchObject({ kind: 'throttled', retryAfterMs: 3_000 });
    expect(errorOf(outcome).message).toMatch(/answered RESOURCE_EXHAUSTED: too many, wait$/);
  });

  it('counts if it comes before the message was read', async () => {
    const server = await startRawHttp2Server((stream) =>
      stream.respond({ ...GRPC_ANSWER, 'grpc-status': '14', 'grpc-message': 'overloaded' }, { endStream: true }),
    );
    const transport = create({ url: server.url });
    const outcome = { kind: 'throttled', error: { code: 'UNAVAILABLE' } };
    expect(await send(transport, bodyOf(new Uint8Array(8 * 2 ** 20)))).toMatchObject(outcome);
    expect(await send(transport)).toMatchObject(outcome);
  });

  it('counts if its status is in the trailers', async () => {
    const server = await startHttp2Server((stream) => {
      stream.respond(GRPC_ANSWER, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '14', 'grpc-message': 'later' }));
      stream.end();
    });
    expect(await send(create({ url: server.url }))).toMatchObject({
      kind: 'throttled',
      error: { code: 'UNAVAILABLE' },
    });
  });

  it.each([
    [
      'ends without a status',
      (stream) => {
        stream.respond(GRPC_ANSWER);
        stream.end(framed(new Uint8Array(0)));
      },
    ],
    ['is reset', (stream) => stream.close(2)],
    [
      'is reset after it has begun',
      (stream) => {
        stream.respond(GRPC_ANSWER);
        stream.write(framed(new Uint8Array(0)), () => stream.close(2));
      },
    ],
    ['ends with its connection', (stream) => stream.session?.destroy()],
  ] satisfies [string, Parameters<typeof startHttp2Server>[0]][])(
    'is a temporary failure if it %s',
    async (_, answer) => {
      const server = await startHttp2Server(answer);
      const outcome = await send(create({ url: server.url }));
      expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'ConnectionError' }) });
      expect(errorOf(outcome).message).toMatch(/^the connection to 127\.0\.0\.1:\d+ broke/);
    },
  );
});

describe('what looks like an answer of gRPC, but is none', () => {
  it('is a temporary failure if a web server answers 200 with a page', async () => {
    const server = await startHttp2Server((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/html' });
      stream.end('<!DOCTYPE html><title>Welcome</title>');
    });
    const outcome = await send(create({ url: server.url }));
    expect(outcome.kind).toBe('retry');
    expect(errorOf(outcome).message).toMatch(/did not answer in gRPC, but with text\/html/);
  });

  it('is a time-out if the server begins to answer and never goes on', async () => {
    const server = await startHttp2Server((stream) => stream.respond(GRPC_ANSWER));
    const outcome = await send(create({ url: server.url, timeoutMillis: 100 }));
    expect(outcome).toMatchObject({ kind: 'retry' });
    expect(errorOf(outcome).message).toMatch(/did not answer within 100 ms/);
  });
});

describe('a server that refuses a compression by its header', () => {
  it.each([10, 5_000])('gets a message of %i bytes without it, and all that follow', async (length) => {
    const taken: unknown[] = [];
    const server = await startHttp2Server((stream, headers) => {
      const encoding = headers['grpc-encoding'];
      taken.push(encoding);
      const code = encoding === undefined || encoding === 'identity' ? '0' : String(status.UNIMPLEMENTED);
      stream.respond({ ...GRPC_ANSWER }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': code }));
      stream.end(code === '0' ? framed(Buffer.alloc(0)) : undefined);
    });
    const transport = create({ url: server.url, compression: 'gzip' });
    const body = bodyOf(Buffer.alloc(length, 1));
    const outcomes = await Promise.all([send(transport, body), send(transport, body)]);
    expect(outcomes).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }]);
    expect(await send(transport, body)).toEqual({ kind: 'delivered' });
    expect(taken.at(-1)).not.toBe('gzip');
  });
});
