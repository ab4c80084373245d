import type { BatchBuffer } from '@spillway/backpressure';
import type { ResourceLike } from '../encoding/item-encoder.ts';
import type { AssembledRequest } from './request-assembly.ts';

/** A {@link BatchBuffer} whose batches become OTLP requests. Each signal has one. */
export interface RequestBuffer<Item, Batch> extends BatchBuffer<Item, Batch> {
  /** The request body that carries a batch. Its bytes are valid until the batch is put back or released. */
  assembleRequest(batch: Batch): AssembledRequest;

  /** The resources in a batch whose attributes are still being detected. Nearly always empty. */
  pendingResources(batch: Batch): ResourceLike[];
}
