import type { BatchBuffer } from '@spillway/backpressure';
import type { ResourceLike } from '../encoding/item-encoder.ts';
import type { AssembledRequest } from './request-assembly.ts';

/** A {@link BatchBuffer} whose batches become OTLP requests. Each signal has one. */
export interface RequestBuffer<Item, Batch> extends BatchBuffer<Item, Batch> {
  /** The request body that carries a batch. Its bytes are valid until the batch is put back or released. */
  assembleRequest(batch: Batch): AssembledRequest;

  /**
   * If the batch is one of those that together replace everything that was pushed before them: an object that these
   * batches have in common. Default: no batch replaces others.
   */
  replacementOf?(batch: Batch): object | undefined;

  /** The resources in a batch whose attributes are still being detected. Nearly always empty. */
  pendingResources(batch: Batch): ResourceLike[];
}
