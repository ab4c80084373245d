import { Accounting } from './accounting.ts';
import type { BackpressureControllerConfig } from './backpressure-config.ts';
import { StateMachine } from './backpressure-state-machine.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import { ControllerLife } from './controller-life.ts';
import { ControllerPressure } from './controller-pressure.ts';
import { FlushLoop } from './flush-loop.ts';
import type { FlushFunction } from './flush-outcome.ts';
import { Intake } from './intake.ts';
import { ObjectBuffer } from './object-buffer.ts';
import { Occupancy } from './occupancy.ts';
import { type ResolvedConfig, resolveConfig } from './resolved-config.ts';

/** What a controller is composed of. */
export interface ControllerParts<Item, Batch> {
  readonly config: ResolvedConfig<Item, Batch>;
  readonly buffer: BatchBuffer<Item, Batch>;
  readonly accounting: Accounting;
  readonly occupancy: Occupancy;
  readonly states: StateMachine;
  readonly loop: FlushLoop<Item, Batch>;
  readonly intake: Intake<Item, Batch>;
  readonly pressure: ControllerPressure<Item, Batch>;
  readonly life: ControllerLife<Item, Batch>;
  /** The controller must keep it, because the budget refers to it weakly. */
  readonly onBudgetShrunk: () => void;
}

/**
 * Composes a controller: makes its parts, and connects those that need each other.
 * @param controller the member of the budget, which leaves it when the controller is garbage collected
 * @throws RangeError or TypeError that names the field and the value, for an invalid config
 */
export function controllerParts<Item, Batch>(
  controller: object,
  flushFn: FlushFunction<Item, Batch>,
  given: BackpressureControllerConfig<Item, Batch>,
): ControllerParts<Item, Batch> {
  const config = resolveConfig(given);
  const { maxBufferSize, maxBufferBytes, memoryBudget, observers, overflow, drainTimeoutMs } = config;
  const buffer = config.buffer ?? objectBuffer(config);
  const accounting = new Accounting(observers);
  // Another controller has joined the budget, which leaves less for this one.
  const onBudgetShrunk = (): void => intake.giveUpExcess();
  const budgetShare = memoryBudget?.join(controller, onBudgetShrunk);
  const occupancy = new Occupancy(maxBufferSize, maxBufferBytes, buffer, budgetShare);
  const states = new StateMachine(config, occupancy, () => life.kind, observers);
  const loop = new FlushLoop(flushFn, buffer, config, occupancy, accounting, () => intake.onRoom());
  const intake = new Intake(config, buffer, occupancy, accounting, states, loop);
  const pressure = new ControllerPressure(config, buffer, occupancy, states);
  const life: ControllerLife<Item, Batch> = new ControllerLife({
    loop,
    accounting,
    occupancy,
    budgetShare,
    overflow,
    drainTimeoutMs,
    listener: {
      onLife: () => states.onLife(),
      onClosing: () => observers.onClosing(),
      onRefusing: () => intake.refuseProducers(),
      onEnd: () => {
        pressure.stop();
        intake.end();
        states.update();
      },
    },
  });
  states.update();
  return { config, buffer, accounting, occupancy, states, loop, intake, pressure, life, onBudgetShrunk };
}

/** A default buffer keeps objects, and its batches are arrays of them: `Batch` is then `Item[]` by its own default. */
function objectBuffer<Item, Batch>(config: ResolvedConfig<Item, Batch>): BatchBuffer<Item, Batch> {
  return new ObjectBuffer<Item>(config.sizeOf) as unknown as BatchBuffer<Item, Batch>;
}
