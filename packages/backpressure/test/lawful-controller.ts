import { expect, onTestFinished } from 'vitest';
import {
  type BackpressureControllerConfig,
  BackpressureController,
  DROP_REASONS,
  type DropReason,
  type FlushFunction,
} from '../src/index.ts';
import { expectLaw } from './accounting-law.ts';

/** A controller whose counters are checked in each of its callbacks, and once more at the end of the test. */
export function lawfulController<Item, Batch = Item[]>(
  flush: FlushFunction<Item, Batch>,
  config: BackpressureControllerConfig<Item, Batch> = {},
): BackpressureController<Item, Batch> {
  const told = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  const breaches: unknown[] = [];
  const audit = (): void => {
    try {
      expectLaw(controller);
    } catch (breach) {
      breaches.push(breach);
    }
  };
  const controller = new BackpressureController<Item, Batch>(flush, {
    ...config,
    onDrop(reason, count) {
      told[reason] += count;
      if (!(count > 0)) breaches.push(`onDrop was told of ${count} items`);
      audit();
      config.onDrop?.(reason, count);
    },
    onStateChange(state, previous) {
      audit();
      config.onStateChange?.(state, previous);
    },
    onFlush(report) {
      audit();
      config.onFlush?.(report);
    },
  });
  onTestFinished(() => {
    expectLaw(controller);
    expect(breaches, 'breaches of the law seen from inside a callback').toEqual([]);
    expect(told, 'what onDrop was told').toEqual(controller.getMetrics().droppedByReason);
  });
  return controller;
}
