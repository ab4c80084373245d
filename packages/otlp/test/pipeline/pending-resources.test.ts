import { expect, it } from 'vitest';
import { settleResources } from '../../src/pipeline/pending-resources.ts';

/** A resource whose attributes never come. */
function neverSettled() {
  let waits = 0;
  return {
    attributes: {},
    asyncAttributesPending: true,
    waitForAsyncAttributes: () => {
      waits += 1;
      return new Promise<void>(() => {});
    },
    waits: () => waits,
  };
}

it('a resource whose attributes never come is waited for until the flush is aborted, and not again', async () => {
  const resource = neverSettled();
  const abort = new AbortController();
  const settled = settleResources([resource], abort.signal);
  abort.abort();
  await settled;
  await settleResources([resource], new AbortController().signal);
  expect(resource.waits()).toBe(1);
});

it('nothing is waited for where the flush was aborted before', async () => {
  await settleResources([neverSettled()], AbortSignal.abort());
});
