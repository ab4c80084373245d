const DEFAULT_QUEUE_BYTES = 64 * 2 ** 20;
const SHARE_OF_MEMORY = 1 / 8;

/** Where the process says how much memory it may use; absent in browsers. */
export interface ProcessLike {
  constrainedMemory?(): number;
  availableMemory?(): number;
}

/**
 * Bytes this process may use: the container's limit where there is one, else what the machine has to give.
 * `Infinity` where nobody says.
 */
function processMemoryBytes(host: ProcessLike | undefined): number {
  // Without a limit Node answers 0 or 2^64 less a page, depending on its version.
  const constrained = host?.constrainedMemory?.() ?? 0;
  if (constrained > 0 && constrained < 2 ** 53) return constrained;
  return host?.availableMemory?.() ?? Infinity;
}

/** What a queue may hold by default: 64 MiB, or an eighth of the memory of the process where that is less. */
export function defaultQueueBytes(
  host: ProcessLike | undefined = (globalThis as { process?: ProcessLike }).process,
): number {
  return Math.min(DEFAULT_QUEUE_BYTES, processMemoryBytes(host) * SHARE_OF_MEMORY);
}
