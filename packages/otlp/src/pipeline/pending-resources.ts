import type { ResourceLike } from '../encoding/item-encoder.ts';
import { hasPendingAttributes } from '../encoding/pending-attributes.ts';

/** Resources that have been waited for. Each is waited for once: what is not there by then is sent without. */
const awaited = new WeakSet<ResourceLike>();

/**
 * Waits until the attributes that are still being detected are there, or until the flush is aborted.
 * The next flush does not wait for the same resource again: a detector that never answers costs one timeout.
 */
export async function settleResources(resources: readonly ResourceLike[], signal: AbortSignal): Promise<void> {
  const pending = resources.filter((resource) => hasPendingAttributes(resource) && !awaited.has(resource));
  if (pending.length === 0) return;
  await Promise.race([Promise.all(pending.map(settled)), aborted(signal)]);
  for (const resource of pending) awaited.add(resource);
}

/** Rejection is the resource's affair: the items go out with the attributes there are. */
async function settled(resource: ResourceLike): Promise<void> {
  try {
    await resource.waitForAsyncAttributes?.();
  } catch {
    // see above
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
