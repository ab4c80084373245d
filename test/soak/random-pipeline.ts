import type { BackpressureStrategy, MemoryBudget } from '@spillway/backpressure';
import type { SoakedPipelineOptions } from './soaked-pipeline.ts';
import { ATTEMPT_MILLIS } from './random-fault.ts';
import type { Chance } from './chance.ts';

const STRATEGIES: readonly [BackpressureStrategy, ...BackpressureStrategy[]] = [
  'sample',
  'drop_oldest',
  'drop_newest',
  'block',
];

/** A drain during faults may not finish in time; without faults it must. */
const DRAIN_MILLIS = 3_000;

/** @param url including the signal's path */
export function randomPipeline(chance: Chance, url: string, budget: MemoryBudget): SoakedPipelineOptions {
  return {
    exporter: {
      url,
      compression: chance.oneOf(['none', 'none', 'gzip']),
      timeoutMillis: ATTEMPT_MILLIS,
      keepAlive: chance.happens(0.9),
      ...(chance.happens(0.3) && { maxRequestBytes: 256 * 1024 }),
    },
    processor: {
      strategy: chance.oneOf(STRATEGIES),
      maxQueueSize: chance.magnitude(512, 50_000),
      maxQueueBytes: chance.magnitude(2 ** 18, 2 ** 24),
      scheduledDelayMillis: chance.magnitude(10, 1_000),
      maxConcurrentExports: chance.oneOf([1, 4, 32]),
      drainTimeoutMillis: DRAIN_MILLIS,
      exportTimeoutMillis: chance.oneOf([ATTEMPT_MILLIS / 2, 2 * ATTEMPT_MILLIS]),
      ...(chance.happens(0.3) && { memoryBudget: budget }),
    },
  };
}
