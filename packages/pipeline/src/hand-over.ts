import type { BackpressureController } from '@spillway/backpressure';
import type { OutgoingRequest } from '@spillway/otlp/transport';

/**
 * Receives a request that a pipeline hands over. Must read the body before it returns, because its memory may be used again.
 * @returns whether it has the request now; if not, the items are given up, counted as `shutdown`
 */
export type TakeRequest = (request: OutgoingRequest) => boolean;

/** Hands over what a pipeline still holds when its process ends and nothing can be awaited any more. */
export interface HandOver {
  /**
   * Ends the pipeline, and hands over one of the requests that it holds. Requests are made one at a time, so that they
   * never take up the memory of the whole queue again.
   * @returns false if nothing was held any more
   */
  handOverNext(take: TakeRequest): boolean;
  /**
   * Ends the pipeline, and gives up what it holds, counted as `shutdown`.
   * @returns items given up
   */
  giveUp(): number;
}

/** @param requestOf `undefined` if nobody else can send the batch, which counts as `shutdown` */
export function handOverOf<Item, Batch>(
  controller: BackpressureController<Item, Batch>,
  requestOf: (batch: Batch, items: number) => OutgoingRequest | undefined,
): HandOver {
  return {
    handOverNext: (take) =>
      controller.handOverNext((batch, items) => {
        const request = requestOf(batch, items);
        return request !== undefined && take(request);
      }),
    giveUp: () => controller.giveUp(),
  };
}
