import type { FlushFunction } from '@spillway/backpressure';
import type { EncodedBatch } from '../buffer/encoded-batch.ts';
import type { EncodedBuffer } from '../buffer/encoded-buffer.ts';
import type { OtlpTransport } from '../transport/transport.ts';
import { withinExport } from './export-scope.ts';
import type { PendingResources } from './pending-resources.ts';

/** Ships batches of encoded items: puts headers around bytes that are there already, and makes one attempt. */
export function encodedFlush<Item>(
  buffer: EncodedBuffer<Item>,
  transport: OtlpTransport,
  resources: PendingResources,
): FlushFunction<Item, EncodedBatch> {
  return async (batch, { signal }) => {
    const pending = buffer.pendingResources(batch);
    if (pending.length > 0) await resources.settle(pending, signal);
    return withinExport(() => transport.send(buffer.assembleRequest(batch), signal));
  };
}
