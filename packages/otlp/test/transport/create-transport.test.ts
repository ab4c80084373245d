import { expect, it } from 'vitest';
import { createTransport } from '../../src/transport/create-transport.ts';
import { startServer } from './local-server.ts';
import { send } from './sending.ts';

it('gives the transport of http/protobuf', async () => {
  const server = await startServer((response) => response.end());
  const transport = createTransport('http/protobuf', 'traces', { url: server.url, proxyEnv: {} });
  expect(await send(transport)).toEqual({ kind: 'delivered' });
  expect(server.requests[0]?.headers).toMatchObject({ 'content-type': 'application/x-protobuf' });
  await transport.shutdown();
});

it.each(['gRPC', 'toString', undefined, { url: 'http://localhost' }])(
  'refuses the protocol %j, which has no transport, and says which have one',
  (protocol) => {
    expect(() => createTransport(protocol as never, 'traces', { url: 'http://localhost' })).toThrow(
      /^protocol must be one of http\/protobuf, http\/json, grpc, got /,
    );
  },
);

it('refuses to sign requests over gRPC, which nothing but its library sees', () => {
  const sign = () => ({ authorization: 'signed' });
  expect(() => createTransport('grpc', 'traces', { url: 'http://localhost:4317', sign })).toThrow(
    new TypeError('sign must be undefined over grpc, got a function'),
  );
});
