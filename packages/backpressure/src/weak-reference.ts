/**
 * Refers to an object without keeping it alive.
 * @returns gives the object, as long as anything else refers to it. On a platform without weak references, always
 */
export function weakReference<T extends object>(target: T): () => T | undefined {
  // Each closure is made in a function of its own: those of one function share what any of them refers to.
  return typeof WeakRef === 'function' ? dereferenced(new WeakRef(target)) : always(target);
}

function dereferenced<T extends object>(reference: WeakRef<T>): () => T | undefined {
  return () => reference.deref();
}

function always<T>(target: T): () => T {
  return () => target;
}
