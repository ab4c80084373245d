import type { ResourceLike } from './item-encoder.ts';

/** Whether a resource still waits for attributes. One that cannot even be asked is not waited for. */
export function hasPendingAttributes(resource: ResourceLike | undefined): resource is ResourceLike {
  try {
    return resource?.asyncAttributesPending === true;
  } catch {
    return false;
  }
}
