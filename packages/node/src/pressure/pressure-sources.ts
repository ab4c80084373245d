import type { PressureSource } from '@spillway/backpressure';
import type { PressureName } from '@spillway/config';
import { containerMemoryPressure } from './container-memory-pressure.ts';
import { eventLoopPressure } from './event-loop-pressure.ts';
import { heapPressure } from './heap-pressure.ts';

/**
 * Without the event loop, because a process may be busy and healthy for long, and sampling its spans would not help.
 */
const DEFAULT_PRESSURE: readonly PressureName[] = ['heap', 'container_memory'];

const MAKERS: Readonly<Record<Exclude<PressureName, 'none'>, () => PressureSource>> = {
  heap: heapPressure,
  container_memory: containerMemoryPressure,
  event_loop: eventLoopPressure,
};

/** Sources by name, and given sources as they are. A duplicate counts once. */
export function pressureSources(
  given: readonly (PressureName | PressureSource)[] | false = DEFAULT_PRESSURE,
): readonly PressureSource[] {
  if (given === false) return [];
  return [...new Set(given)].flatMap((source) => {
    if (typeof source !== 'string') return source;
    return source === 'none' ? [] : MAKERS[source]();
  });
}
