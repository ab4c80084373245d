import type { BatchBuffer } from './batch-buffer.ts';
import type { StateMachine } from './backpressure-state-machine.ts';
import { heldMemoryOf } from './held-memory.ts';
import type { Occupancy } from './occupancy.ts';
import { type PressureListener, PressureWatch } from './pressure-watch.ts';
import type { ResolvedConfig } from './resolved-config.ts';

/** What the pressure on the process does to a controller: it raises the utilization, and so the state. */
export class ControllerPressure<Item, Batch> {
  /** Kept here because the watch refers to it weakly. */
  readonly #listener: PressureListener;
  readonly #watch: PressureWatch;

  constructor(
    config: ResolvedConfig<Item, Batch>,
    buffer: BatchBuffer<Item, Batch>,
    occupancy: Occupancy,
    states: StateMachine,
  ) {
    this.#listener = {
      heldMemory: heldMemoryOf(config, buffer, occupancy),
      onPressure: (utilization) => {
        occupancy.setPressure(utilization);
        states.update();
      },
    };
    this.#watch = new PressureWatch(config.pressure, this.#listener);
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
  }
}
