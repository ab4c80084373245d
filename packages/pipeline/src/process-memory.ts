const DEFAULT_QUEUE_BYTES = 64 * 2 ** 20;
/**
 * An eighth of the memory for traces, logs and metrics together, so a third of that for each, because a pipeline does
 * not know which others there are. In MiB, with all queues full and the process that ships them at an exit:
 *
 * | container | queues | Node itself | shipping process | left for the application's heap |
 * | --------: | -----: | ----------: | ---------------: | ------------------------------: |
 * |       128 |     16 |          30 |               18 |                              64 |
 * |       256 |     32 |          30 |               18 |                             176 |
 * |       512 |     64 |          30 |               18 |                             400 |
 *
 * Node's own heap limit does not matter here: it is 259 MiB in all three of them.
 */
const SHARE_OF_MEMORY = 1 / 24;

/** The functions of a process that tell how much memory it may use; absent in browsers. */
export interface ProcessLike {
  constrainedMemory?(): number;
  availableMemory?(): number;
}

/**
 * Bytes this process may use: the container's limit if there is one, otherwise the machine's available memory.
 * `Infinity` if the platform does not tell.
 */
function processMemoryBytes(host: ProcessLike | undefined): number {
  return bytesSaidBy(host, 'constrainedMemory') ?? bytesSaidBy(host, 'availableMemory') ?? Infinity;
}

/**
 * `undefined` if that function does not tell: Node without a limit answers 0 or 2^64 less a page, depending on its
 * version; workerd answers 0; Deno without `--allow-sys` and Next's edge runtime throw.
 */
function bytesSaidBy(host: ProcessLike | undefined, name: keyof ProcessLike): number | undefined {
  try {
    const bytes = host?.[name]?.();
    return bytes !== undefined && bytes > 0 && bytes < 2 ** 53 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Default limit of a queue: 64 MiB, or a 24th of the memory of the process if that is less. */
export function defaultQueueBytes(
  host: ProcessLike | undefined = (globalThis as { process?: ProcessLike }).process,
): number {
  return Math.min(DEFAULT_QUEUE_BYTES, processMemoryBytes(host) * SHARE_OF_MEMORY);
}
