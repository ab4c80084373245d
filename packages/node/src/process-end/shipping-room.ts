import { memoryInUseReader, memoryLimit } from '../pressure/container-memory.ts';

const MEBIBYTE = 2 ** 20;

/**
 * What a Node process that ships takes by itself, beside the files that it shares with this one: about 12 MiB with
 * Node 24 on Linux, by its control group.
 */
const CHILD_BYTES = 16 * MEBIBYTE;
/** A body is in the child, and in part once more in the kernel or encrypted, until it is sent. */
const COPIES = 2;
/** A window smaller than a usual request makes nothing smaller: one always goes. */
const LEAST_WINDOW_BYTES = MEBIBYTE;
/** More is no faster: this is far above what a collector takes within the time of a request, times the requests in flight. */
const MOST_WINDOW_BYTES = 16 * MEBIBYTE;
/** By how much shipping may raise what is in use, if the least window allows it. */
const MOST_GROWTH = 0.3;

/** How much memory a shipment may use. */
export interface ShippingRoom {
  /** Bytes of bodies that the child may hold at a time. */
  readonly windowBytes: number;
  /** A larger body does not fit, even alone. */
  readonly mostBodyBytes: number;
}

/** Bytes. */
export interface MemoryNow {
  readonly inUse: number;
  /** What can still be used; `Infinity` if nobody says. */
  readonly left: number;
}

/** @returns `undefined` if there is no room for a child */
export function shippingRoom({ inUse, left }: MemoryNow): ShippingRoom | undefined {
  const mostBodyBytes = (left - CHILD_BYTES) / COPIES;
  if (mostBodyBytes < LEAST_WINDOW_BYTES) return undefined;
  const wanted = (inUse * MOST_GROWTH - CHILD_BYTES) / COPIES;
  const windowBytes = Math.min(Math.max(wanted, LEAST_WINDOW_BYTES), MOST_WINDOW_BYTES, mostBodyBytes);
  return { windowBytes: Math.floor(windowBytes), mostBodyBytes };
}

/** Of the container, if there is one with a limit; otherwise of the machine, which says on Linux alone what it can spare. */
export function memoryNow(): MemoryNow {
  try {
    const inUse = process.memoryUsage.rss();
    const limit = memoryLimit(process.constrainedMemory());
    const inContainer = memoryInUseReader()?.();
    if (limit !== undefined && inContainer !== undefined) return { inUse: inContainer, left: limit - inContainer };
    return { inUse, left: process.platform === 'linux' ? process.availableMemory() : Infinity };
  } catch {
    // These read files, and the process may have too many open already.
    return { inUse: 0, left: Infinity };
  }
}
