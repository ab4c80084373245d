import type { BackpressureController } from '@spillway/backpressure';
import type { OutgoingRequest } from '../transport/outgoing-request.ts';

/**
 * Ends a controller, and gives what it holds as requests. Synchronous: for the end of a process, where nothing can be
 * awaited any more.
 * @param requestOf copies the batch; `undefined` where nobody else can send it, which counts as `shutdown`
 */
export function handOver<Item, Batch>(
  controller: BackpressureController<Item, Batch>,
  requestOf: (batch: Batch, items: number) => OutgoingRequest | undefined,
): readonly OutgoingRequest[] {
  const requests: OutgoingRequest[] = [];
  controller.handOver((batch, items) => {
    const request = requestOf(batch, items);
    if (request !== undefined) requests.push(request);
    return request !== undefined;
  });
  return requests;
}
