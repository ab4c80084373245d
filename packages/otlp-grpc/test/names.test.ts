import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { OtlpTransport, OtlpTransportOptions } from '@spillway/otlp/parts';
import { errorOf, send } from '../../otlp/test/transport/sending.ts';
import { createGrpcTransport } from '../src/index.ts';
import { lookedUp } from '../src/name-resolver.ts';
import { answerOk, startGrpcServer } from './grpc-server.ts';

const DELIVERED = { kind: 'delivered' };
const LOCALHOST: LookupAddress = { address: '127.0.0.1', family: 4 };

type Answer = Parameters<Parameters<LookupFunction>[2]>;

function create(port: number, lookup: LookupFunction, rest: Partial<OtlpTransportOptions> = {}): OtlpTransport {
  const url = `http://collector.test:${port}`;
  const transport = createGrpcTransport('traces', { url, proxyEnv: {}, httpAgentOptions: { lookup }, ...rest });
  onTestFinished(async () => transport.shutdown());
  return transport;
}

const notFound = (): Error => Object.assign(new Error('getaddrinfo ENOTFOUND collector.test'), { code: 'ENOTFOUND' });

describe('the name of a collector that is sent to over gRPC', () => {
  it('is looked up for each connection, and not for each request', async () => {
    const first = await startGrpcServer(answerOk);
    const lookup = vi.fn<LookupFunction>((_, __, callback) => setImmediate(() => callback(null, [LOCALHOST])));
    const transport = create(first.port, lookup);
    expect(await send(transport)).toEqual(DELIVERED);
    expect(await send(transport)).toEqual(DELIVERED);
    expect(lookup.mock.calls.map(([name, { all }]) => [name, all])).toEqual([['collector.test', true]]);
    expect(first.calls).toHaveLength(2);

    first.kill();
    await send(transport);
    await startGrpcServer(answerOk, { port: first.port });
    await vi.waitFor(async () => expect(await send(transport)).toEqual(DELIVERED));
    expect(lookup.mock.calls.length).toBeGreaterThan(1);
  });

  it('leads to its other addresses if nothing listens at the first', async () => {
    const server = await startGrpcServer(answerOk);
    const addresses = [{ address: '127.0.0.9', family: 4 }, LOCALHOST];
    expect(await send(create(server.port, (_, __, callback) => callback(null, addresses)))).toEqual(DELIVERED);
  });

  it('may be looked up by a function that answers at once, and with one address', async () => {
    const server = await startGrpcServer(answerOk);
    expect(await send(create(server.port, (_, __, callback) => callback(null, '127.0.0.1', 4)))).toEqual(DELIVERED);
  });

  it.each<[string, Answer]>([
    ['the look-up fails', [notFound(), '']],
    ['it has no address', [null, []]],
  ])('counts as unreachable if %s, and is looked up again for the next attempt', async (_, failure) => {
    const server = await startGrpcServer(answerOk);
    const answers: Answer[] = [failure];
    const transport = create(server.port, (__, ___, callback) => callback(...(answers.shift() ?? [null, [LOCALHOST]])));
    const outcome = await send(transport);
    expect(outcome).toMatchObject({ kind: 'retry', unreachable: true });
    expect(errorOf(outcome).message).toMatch(/^no connection to collector\.test:\d+.*: Name resolution failed: /);
    expect(await send(transport)).toEqual(DELIVERED);
  });

  it('counts as unreachable, with the code, if it is unknown', async () => {
    const outcome = await send(create(4317, (_, __, callback) => callback(notFound(), '')));
    expect(outcome).toMatchObject({ unreachable: true, error: { code: 'ENOTFOUND' } });
  });

  it('counts as unreachable if the function throws, or never answers', async () => {
    const throwing = create(4317, () => {
      throw notFound();
    });
    expect(await send(throwing)).toMatchObject({ kind: 'retry', unreachable: true });
    expect(await send(create(4317, () => {}, { timeoutMillis: 50 }))).toMatchObject({
      kind: 'retry',
      unreachable: true,
      timedOut: true,
    });
  });

  it('is not looked up if it is an address', async () => {
    const server = await startGrpcServer(answerOk);
    const lookup = vi.fn<LookupFunction>();
    expect(await send(create(server.port, lookup, { url: server.url }))).toEqual(DELIVERED);
    expect(lookup).not.toHaveBeenCalled();
  });

  it.each(['dns:127.0.0.1:4317', 'dns:[2001:db8::1]:4317', 'unix:/run/collector.sock'])(
    'is left to gRPC if it is none: %s',
    (target) => {
      expect(lookedUp(target, () => {})).toEqual([target, {}]);
    },
  );
});
