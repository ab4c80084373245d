const DEFAULT_QUEUE_BYTES = 64 * 2 ** 20;
const SHARE_OF_MEMORY = 1 / 8;

/** Where the process says how much memory it may use; absent in browsers. */
export interface ProcessLike {
  constrainedMemory?(): number;
  availableMemory?(): number;
}

/**
 * Bytes this process may use: the container's limit if there is one, otherwise what the machine has to give.
 * `Infinity` if the platform does not say.
 */
function processMemoryBytes(host: ProcessLike | undefined): number {
  return bytesSaidBy(host, 'constrainedMemory') ?? bytesSaidBy(host, 'availableMemory') ?? Infinity;
}

/**
 * `undefined` if that function says nothing: Node without a limit answers 0 or 2^64 less a page, depending on its version,
 * workerd answers 0; Deno without `--allow-sys` and Next's edge runtime throw.
 */
function bytesSaidBy(host: ProcessLike | undefined, name: keyof ProcessLike): number | undefined {
  try {
    const bytes = host?.[name]?.();
    return bytes !== undefined && bytes > 0 && bytes < 2 ** 53 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** What a queue may hold by default: 64 MiB, or an eighth of the memory of the process where that is less. */
export function defaultQueueBytes(
  host: ProcessLike | undefined = (globalThis as { process?: ProcessLike }).process,
): number {
  return Math.min(DEFAULT_QUEUE_BYTES, processMemoryBytes(host) * SHARE_OF_MEMORY);
}
