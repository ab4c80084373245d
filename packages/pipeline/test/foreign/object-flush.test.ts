import { expect, it } from 'vitest';
import { objectFlush } from '../../src/foreign/object-flush.ts';
import { PendingResources } from '../../src/pending-resources.ts';

it('a batch that is given up because its export throws again and again has the last error as its cause', async () => {
  let calls = 0;
  const exporter = {
    export(): void {
      throw new Error(`attempt ${(calls += 1)}`);
    },
    shutdown: async () => {},
  };
  const flush = objectFlush<object>(exporter, () => undefined, new PendingResources('Processor', 30_000));
  const attempt = async () => flush([{}], { signal: new AbortController().signal });
  for (let count = 1; count < 5; count += 1) await expect(attempt()).rejects.toThrow(`attempt ${count}`);
  expect(await attempt()).toMatchObject({
    kind: 'refused',
    error: { message: expect.stringContaining('5 times in a row'), cause: { message: 'attempt 5' } },
  });
});
