import type { PressureSource } from '@spillway/backpressure';
import { memoryInUseReader, memoryLimit } from './container-memory.ts';
import { type PressureRange, utilizationWithin } from './pressure-range.ts';

export interface ContainerMemoryPressureOptions extends PressureRange {
  /** Default 0.8. */
  readonly startAt?: number | undefined;
  /** Default 0.95: at the limit, the kernel kills the process without warning. */
  readonly fullAt?: number | undefined;
}

/** Reads the memory. A test may replace it. */
export interface MemoryReading {
  /** Bytes, as in `process.constrainedMemory()`. */
  constrained(): number;
  /** Bytes. */
  inUse(): number;
}

const DEFAULTS = { startAt: 0.8, fullAt: 0.95 };

/**
 * Rises as the container's memory fills: the memory of all its processes, without droppable file cache, as a share of
 * the limit of its control group (version 1 or 2). Without a limit, it is always 0. It counts only as far as dropping
 * items would relieve the container: see `PressureSource.memory`. If a pipeline holds a 32nd of the limit or more, the
 * default watermarks make it elevated from 88 % of the limit and critical from 92 %.
 * @throws TypeError or RangeError that names option and value
 */
export function containerMemoryPressure(
  options: ContainerMemoryPressureOptions = {},
  memory: MemoryReading = containerMemory(),
): PressureSource {
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
