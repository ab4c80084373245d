import type { Signal } from '@spillway/config';
import type { OutgoingRequest } from '@spillway/otlp/transport';
import type { RequestSpool, RequestToStore, LeavablePipeline, SpoolPlace, TakeRequest } from '@spillway/pipeline';

/**
 * A spool for `exit: 'ship'`: as a process ends immediately, it gets only what nobody else takes. A pipeline offers each
 * request to its spool first, and within the same call to the taker. So the spool refuses it then, and stores it if the
 * taker refuses it too.
 */
export class SpoolOfLastResort implements RequestSpool {
  readonly #spool: RequestSpool;
  #isLast = false;
  /** The request that was refused. Its memory is valid until the pipeline's call has ended. */
  #refused: { readonly signal: Signal; readonly request: RequestToStore; readonly place: SpoolPlace } | undefined;

  constructor(spool: RequestSpool) {
    this.#spool = spool;
  }

  join(pipeline: LeavablePipeline): SpoolPlace {
    const place = this.#spool.join(pipeline);
    return {
      store: (request, when) =>
        this.#isLast ? this.#refuse(pipeline.signal, request, place) : place.store(request, when),
      whenWritten: async () => place.whenWritten(),
      get isEmpty() {
        return place.isEmpty;
      },
      getMetrics: () => place.getMetrics(),
      onReady: (listener) => place.onReady(listener),
      close: async () => place.close(),
      closeNow: () => place.closeNow(),
    };
  }

  /** From now on, stores only what this taker refuses. */
  after(take: TakeRequest): TakeRequest {
    this.#isLast = true;
    return (request) => take(request) || this.#storeRefused(request);
  }

  #refuse(signal: Signal, request: RequestToStore, place: SpoolPlace): false {
    this.#refused = { signal, request, place };
    return false;
  }

  /** Another pipeline may have a spool of its own. */
  #storeRefused({ signal, itemCount }: OutgoingRequest): boolean {
    const refused = this.#refused;
    this.#refused = undefined;
    if (refused?.signal !== signal || refused.request.items !== itemCount) return false;
    return refused.place.store(refused.request, 'now');
  }
}
