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
  const flush = objectFlush<object, object[]>(exporter, () => [], new PendingResources('Processor', 30_000));
  const attempt = async () => flush([{}], { signal: new AbortController().signal });
  for (let count = 1; count < 5; count += 1) await expect(attempt()).rejects.toThrow(`attempt ${count}`);
  expect(await attempt()).toMatchObject({
    kind: 'refused',
    error: { message: expect.stringContaining('5 times in a row'), cause: { message: 'attempt 5' } },
  });
});

/** The outcome of an export that reports that error. */
async function outcomeOf(error: Error, signal = new AbortController().signal) {
  const exporter = {
    export: (_: object[], done: (result: { code: number; error?: Error }) => void) => done({ code: 1, error }),
    shutdown: async () => {},
  };
  const flush = objectFlush<object, object[]>(exporter, () => [], new PendingResources('Processor', 30_000));
  return flush([{}], { signal });
}

it.each<[string, Error]>([
  ['a retryable status', Object.assign(new Error('busy'), { code: 503 })],
  ['a message about time, without a code', new Error('Request Timeout')],
  ['a temporary cause', new Error('export failed', { cause: new Error('socket hang up') })],
])('a failure counts as temporary because of %s', async (_, error) => {
  expect(await outcomeOf(error)).toMatchObject({ kind: 'retry', error });
});

it.each<[string, Error]>([
  ['a final status, whatever its message', Object.assign(new Error('Request Timeout'), { code: 400 })],
  ['a final cause', new Error('export failed', { cause: new Error('bad request') })],
])('a failure counts as final because of %s', async (_, error) => {
  expect(await outcomeOf(error)).toMatchObject({ kind: 'refused', error });
});

it('an export that never calls back ends when it is aborted', async () => {
  const exporter = { export() {}, shutdown: async () => {} };
  const flush = objectFlush<object, object[]>(exporter, () => [], new PendingResources('Processor', 30_000));
  const abort = new AbortController();
  const flushing = flush([{}], { signal: abort.signal });
  // Until the export has been called.
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort(new Error('out of time'));
  await expect(flushing).rejects.toThrow('out of time');
});
