import { describe, expect, it, onTestFinished } from 'vitest';
import { askNameServers } from '../../src/transport/name-servers.node.ts';
import { type DnsAnswer, type LocalNameServer, startNameServer as start } from './name-server.ts';

/** With a trailing dot, so that the search list of this machine makes no difference. */
const NAME = 'collector.test.';
const never = () => new AbortController().signal;

async function startNameServer(answerTo: (name: string, type: string) => DnsAnswer): Promise<LocalNameServer> {
  const server = await start(answerTo);
  onTestFinished(() => server.close());
  return server;
}

const ask = (servers: readonly string[], signal = never()) =>
  askNameServers(NAME, [4, 6], signal, { servers, tryMillis: 300 });

describe('name servers that are asked over sockets', () => {
  it('are prompt if they answer, even if there is no such name', async () => {
    for (const answer of [['127.0.0.1'], [], 'unknown'] as const) {
      const server = await startNameServer((_, type): DnsAnswer =>
        type === 'A' || answer === 'unknown' ? answer : [],
      );
      expect(await ask([server.address])).toEqual({ kind: 'prompt' });
      expect(server.questions).toEqual(['collector.test/A', 'collector.test/AAAA']);
    }
  });

  it('are prompt if nothing listens on their port, which the platform notices too', async () => {
    expect(await ask(['127.0.0.1:1'])).toEqual({ kind: 'prompt' });
  });

  it('are silent if none of them answers', async () => {
    const server = await startNameServer(() => 'silence');
    expect(await ask([server.address])).toEqual({ kind: 'silent' });
  });

  it('are late if the first one is silent, with the answer of the second one', async () => {
    const silent = await startNameServer(() => 'silence');
    const server = await startNameServer((_, type) => (type === 'A' ? ['127.0.0.1', '127.0.0.2'] : []));
    const answer = await ask([silent.address, server.address]);
    expect(answer).toEqual({
      kind: 'late',
      addresses: expect.arrayContaining([
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ]),
    });
  });

  it('are late if they do not answer for one of two families, with the addresses of the other', async () => {
    const server = await startNameServer((_, type) => (type === 'A' ? ['127.0.0.1'] : 'silence'));
    expect(await ask([server.address])).toEqual({ kind: 'late', addresses: [{ address: '127.0.0.1', family: 4 }] });
  });

  it('are not waited for once the question is cancelled', async () => {
    const withdrawal = new AbortController();
    const server = await startNameServer(() => (withdrawal.abort(), 'silence'));
    const startedAt = performance.now();
    expect(
      await askNameServers(NAME, [4], withdrawal.signal, { servers: [server.address], tryMillis: 10_000 }),
    ).toEqual({ kind: 'silent' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

it('name servers are late without an address if the first one is silent and the second one knows no such name', async () => {
  const silent = await startNameServer(() => 'silence');
  const server = await startNameServer(() => 'unknown');
  expect(await ask([silent.address, server.address])).toEqual({ kind: 'late', addresses: [] });
});
