import { Destination } from '@spillway/backpressure';

/**
 * A registered symbol, because several copies of this package (ESM and CJS, or two versions) may be loaded, and they
 * send to the same collector. The number is the version of the shape of {@link Registry} and of the public members of
 * `Destination`, which one copy calls on an object of another.
 */
const DESTINATIONS = Symbol.for('spillway.otlp.destinations/1');

/** By origin. Weak, so that the knowledge about a collector goes with the last pipeline that sends to it. */
type Registry = Map<string, WeakRef<Destination>>;

/**
 * The health of the collector at that origin: one object for all pipelines of the process, so that each of them knows
 * what any of them has learnt.
 * @param origin `undefined` if the transport does not know its destination: then the health is not shared
 */
export function destinationAt(origin: string | undefined): Destination {
  // Some worker platforms have no weak references, and a strong one to each origin ever seen would be a leak.
  if (origin === undefined || typeof WeakRef !== 'function') return new Destination();
  const registry = ((globalThis as { [DESTINATIONS]?: Registry })[DESTINATIONS] ??= new Map());
  const known = registry.get(origin)?.deref();
  if (known !== undefined) return known;
  const destination = new Destination();
  registry.set(origin, new WeakRef(destination));
  if (isPowerOf2(registry.size)) removeDead(registry);
  return destination;
}

/** Dead entries are removed each time the number of entries has doubled, so that the cost per entry is constant. */
function isPowerOf2(size: number): boolean {
  return (size & (size - 1)) === 0;
}

function removeDead(registry: Registry): void {
  for (const [origin, destination] of registry) if (destination.deref() === undefined) registry.delete(origin);
}
