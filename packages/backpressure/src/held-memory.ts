import type { BatchBuffer } from './batch-buffer.ts';
import type { Occupancy } from './occupancy.ts';
import type { HeldMemory } from './pressure-source.ts';
import type { ResolvedConfig } from './resolved-config.ts';

/** The memory that a controller holds. It is known only if bytes are counted. */
export function heldMemoryOf<Item, Batch>(
  { buffer, sizeOf }: Pick<ResolvedConfig<Item, Batch>, 'buffer' | 'sizeOf'>,
  { isOffHeap }: BatchBuffer<Item, Batch>,
  occupancy: Occupancy,
): () => HeldMemory {
  if (buffer === undefined && sizeOf === undefined) return () => undefined;
  return () => ({
    process: occupancy.bytes,
    heap: isOffHeap === true ? occupancy.bytes - occupancy.itemBytes : occupancy.bytes,
  });
}
