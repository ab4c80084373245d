import { Destination } from '@spillway/backpressure';

/**
 * A registered symbol, because several copies of this package (ESM and CJS, or two versions) may be loaded, and they
 * send to the same collector. The number is that of the shape of {@link Registry} and of the public members of `Destination`,
 * which one copy calls on an object that another one has made.
 */
const DESTINATIONS = Symbol.for('spillway.otlp.destinations/1');

/** By origin. Weak, so that what is known of a collector goes with the last pipeline that sends to it. */
type Registry = Map<string, WeakRef<Destination>>;

/**
 * The health of the collector at that origin: the same object for every pipeline of the process, so that what one of
 * them learns, all of them know.
 * @param origin `undefined` if the transport does not know where it sends to: then nobody shares it
 */
export function destinationAt(origin: string | undefined): Destination {
  // Some workers' platforms have no weak references, and a strong one to each origin ever seen would be a leak.
  if (origin === undefined || typeof WeakRef !== 'function') return new Destination();
  const registry = ((globalThis as { [DESTINATIONS]?: Registry })[DESTINATIONS] ??= new Map());
  const known = registry.get(origin)?.deref();
  if (known !== undefined) return known;
  const destination = new Destination();
  registry.set(origin, new WeakRef(destination));
  if (isPowerOf2(registry.size)) removeDead(registry);
  return destination;
}

/** Looked for each time the number of entries has doubled, so that an entry costs the same however many there are. */
function isPowerOf2(size: number): boolean {
  return (size & (size - 1)) === 0;
}

function removeDead(registry: Registry): void {
  for (const [origin, destination] of registry) if (destination.deref() === undefined) registry.delete(origin);
}
