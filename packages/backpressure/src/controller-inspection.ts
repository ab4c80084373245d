import type { Pause } from './flush-gate.ts';
import type { FlushLoop } from './flush-loop.ts';
import { now } from './clock.ts';
import type { Occupancy, UtilizationBySource } from './occupancy.ts';
import type { StateMachine } from './backpressure-state-machine.ts';

/**
 * What an operator asks beyond the counters: why the state is what it is, and what the controller waits for. It is
 * apart from the metrics because it is rarely read.
 */
export interface ControllerInspection {
  /** Milliseconds since the state last changed, or since the controller was made. */
  readonly stateMs: number;
  /** The utilization by each bound. The worst one is the controller's utilization. */
  readonly utilization: UtilizationBySource;
  /** The utilization at which the state becomes elevated. */
  readonly lowWatermark: number;
  /** The utilization at which the state becomes critical. */
  readonly highWatermark: number;
  /**
   * Milliseconds since the oldest held item came in. It may be a little too high, and never too low, except for items
   * that have left the buffer: for those, it is the time since they were first taken. `undefined` if nothing is held,
   * or if the buffer does not know.
   */
  readonly oldestHeldMs: number | undefined;
  /** Why no flush may start now, and for how long; `undefined` if one may. */
  readonly pause: Pause | undefined;
}

export function inspectionOf<Item, Batch>(
  states: StateMachine,
  { lowWatermark, highWatermark }: { readonly lowWatermark: number; readonly highWatermark: number },
  occupancy: Occupancy,
  loop: FlushLoop<Item, Batch>,
): ControllerInspection {
  const time = now();
  const { oldestSince } = loop;
  return {
    stateMs: time - states.since,
    utilization: occupancy.utilizationBySource,
    lowWatermark,
    highWatermark,
    oldestHeldMs: oldestSince === undefined ? undefined : time - oldestSince,
    pause: loop.pauseAt(time),
  };
}
