import type { PressureSource } from '@spillway/backpressure';
import type { PressureName } from '@spillway/config';
import { containerMemoryPressure } from './container-memory-pressure.ts';
import { eventLoopPressure } from './event-loop-pressure.ts';
import { heapPressure } from './heap-pressure.ts';

/** Not the event loop: a process may be busy for long and well all the same, and sampling its spans makes it no less so. */
const DEFAULT_PRESSURE: readonly PressureName[] = ['heap', 'container_memory'];

const MAKERS: Readonly<Record<Exclude<PressureName, 'none'>, () => PressureSource>> = {
  heap: heapPressure,
  container_memory: containerMemoryPressure,
  event_loop: eventLoopPressure,
};

/** The sources of these names, and those given as they are; one that is named twice is one. */
export function pressureSources(given: readonly (PressureName | PressureSource)[] | false = DEFAULT_PRESSURE): readonly PressureSource[] {
  if (given === false) return [];
  return [...new Set(given)].flatMap((source) => {
    if (typeof source !== 'string') return source;
    return source === 'none' ? [] : MAKERS[source]();
  });
}
