import type { ResourceLike } from './item-encoder.ts';

/** Whether a resource still waits for attributes. If even this question throws, it is not waited for. */
export function hasPendingAttributes(resource: ResourceLike | undefined): resource is ResourceLike {
  try {
    return resource?.asyncAttributesPending === true;
  } catch {
    return false;
  }
}

/**
 * The attributes that a resource has so far. A resource that still waits for others logs an error when its `attributes`
 * are read, which would be printed at the end of a process, when nothing can be waited for.
 */
export function attributesByNow(resource: ResourceLike): ResourceLike['attributes'] {
  if (!hasPendingAttributes(resource) || typeof resource.getRawAttributes !== 'function') return resource.attributes;
  const attributes: Record<string, unknown> = {};
  for (const [name, value] of resource.getRawAttributes()) {
    if (value !== undefined && value !== null && !isPromise(value)) attributes[name] ??= value;
  }
  return attributes;
}

function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown }).then === 'function';
}
