import { expect, it } from 'vitest';
import { accountsOf, inTurn } from '../src/pipelines/shared-load.ts';

function accounting(
  delivered: number,
  lost: Readonly<Record<string, number>>,
): Parameters<typeof accountsOf>[0][number] {
  return { accounts: () => ({ delivered, lost }) };
}

it('sources in turn share the items evenly, and all of them are flushed and shut down', async () => {
  const told: string[] = [];
  const sources = ['a', 'b'].map((name) => ({
    make: (serial: number) => void told.push(`${name}${serial}`),
    flush: async () => void told.push(`${name} flushed`),
    shutdown: async () => void told.push(`${name} shut down`),
  }));
  const source = inTurn(sources);
  for (let serial = 0; serial < 3; serial += 1) source.make(serial);
  await source.flush();
  await source.shutdown();
  expect(told).toEqual(['a0', 'b1', 'a2', 'a flushed', 'b flushed', 'a shut down', 'b shut down']);
});

it('the accounts of several pipelines are added up by reason', () => {
  expect(accountsOf([accounting(3, { queue_full: 1 }), accounting(4, { queue_full: 2, failed: 5 })])).toEqual({
    delivered: 7,
    lost: { queue_full: 3, failed: 5 },
  });
});
