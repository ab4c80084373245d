import type { PressureSource } from '@spillway/backpressure';
import { memoryInUseReader, memoryLimit } from './container-memory.ts';
import { type PressureRange, utilizationWithin } from './pressure-range.ts';

export interface ContainerMemoryPressureOptions extends PressureRange {
  /** Default 0.8. */
  readonly startAt?: number | undefined;
  /** Default 0.95: at the limit the kernel ends the process without a word. */
  readonly fullAt?: number | undefined;
}

/** Where memory is looked up. */
export interface MemoryReading {
  /** Bytes, as `process.constrainedMemory()` has them. */
  constrained(): number;
  /** Bytes. */
  inUse(): number;
}

const DEFAULTS = { startAt: 0.8, fullAt: 0.95 };

/**
 * Presses as the container's memory fills: what all its processes use, without the file cache that can be dropped, as a
 * share of the limit of its control group (version 1 or 2). Without a limit it never presses. It counts only as far as giving
 * up items would relieve the container: see `PressureSource.memory`. If a pipeline holds a 32nd of the limit or more, with the
 * default watermarks it is elevated from 88 % of the limit, critical from 92 %.
 * @throws TypeError or RangeError that names option and value
 */
export function containerMemoryPressure(options: ContainerMemoryPressureOptions = {}, memory: MemoryReading = containerMemory()): PressureSource {
  const utilizationOf = utilizationWithin(options, DEFAULTS);
  const limit = memoryLimit(memory.constrained());
  if (limit === undefined) return { utilization: () => 0 };
  return {
    memory: { kind: 'process', limitBytes: limit },
    utilization() {
      try {
        return utilizationOf(memory.inUse() / limit);
      } catch {
        return 0;
      }
    },
  };
}

function containerMemory(): MemoryReading {
  return {
    constrained: () => process.constrainedMemory(),
    inUse: memoryInUseReader() ?? (() => process.memoryUsage.rss()),
  };
}
