import type { BackpressureController } from '@spillway/backpressure';
import type { OutgoingRequest } from '@spillway/otlp/transport';

/**
 * Receives a request that a pipeline hands over. Must read the body before it returns, because its memory may be
 * reused.
 * @returns whether it has taken the request; if not, the items are dropped, counted as `drain_timeout`
 */
export type TakeRequest = (request: OutgoingRequest) => boolean;

/** Who gets a request first: the pipeline's spool, if it has one, or the taker. The other gets what that one refuses. */
export type HandOverOrder = 'spool first' | 'taker first';

/** Hands over the items that a pipeline still holds when its process ends and nothing can be awaited any more. */
export interface HandOver {
  /**
   * Ends the pipeline, and hands over one of the requests that it holds. Requests are made one at a time, so that they
   * never need the memory of the whole queue again.
   * @param order default `spool first`
   * @returns false if nothing was held any more
   */
  handOverNext(take: TakeRequest, order?: HandOverOrder): boolean;
  /**
   * Ends the pipeline, and drops the items that it holds, counted as `drain_timeout`.
   * @returns the dropped items
   */
  giveUp(): number;
}

/** @param handOverBatch returns whether the batch is in other hands; otherwise it counts as `drain_timeout` */
export function handOverOf<Item, Batch>(
  controller: BackpressureController<Item, Batch>,
  handOverBatch: (batch: Batch, items: number, take: TakeRequest, order: HandOverOrder) => boolean,
): HandOver {
  return {
    handOverNext: (take, order = 'spool first') =>
      controller.handOverNext((batch, items) => handOverBatch(batch, items, take, order)),
    giveUp: () => controller.giveUp(),
  };
}
