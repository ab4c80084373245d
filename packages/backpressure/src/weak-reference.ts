/**
 * Refers to an object without keeping it alive.
 * @returns a function that gives the object while anything else refers to it. On a platform without weak references, it
 *   always does
 */
export function weakReference<T extends object>(target: T): () => T | undefined {
  // Each closure is created in its own function, because closures of one function keep alive all that any of them
  // refers to.
  return typeof WeakRef === 'function' ? dereferenced(new WeakRef(target)) : always(target);
}

function dereferenced<T extends object>(reference: WeakRef<T>): () => T | undefined {
  return () => reference.deref();
}

function always<T>(target: T): () => T {
  return () => target;
}
