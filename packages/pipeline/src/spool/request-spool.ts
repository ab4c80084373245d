import type { FlushOutcome } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import type { OtlpRequestBody } from '@spillway/otlp/transport';

/** Durable storage of requests that memory cannot hold. `Spool` of `@spillway/spool` is one. */
export interface RequestSpool {
  /** Gives a pipeline its place. Never throws, and does no I/O before it returns. Called once for each pipeline. */
  join(pipeline: LeavablePipeline): SpoolPlace;
}

/** A pipeline, as the spool sees it. */
export interface SpoolingPipeline {
  /** Of its processor, for messages. */
  readonly name: string;
  readonly signal: Signal;
  /**
   * Sends a stored request under the pipeline's gate, bounds and concurrency, after live items. The body must stay
   * unchanged until it resolves. Never rejects.
   * @returns `settled`: forget the request, because its items were delivered, or are counted as lost. `kept`: not
   *   delivered. Ask again immediately, because the pipeline waits as long as it must, unless the place was closed.
   *   `too_large`: resend it in halves
   */
  resend(request: StoredRequest): Promise<ResendResult>;
  /** Counts stored items that will not be delivered. Never throws. */
  onLost(reason: SpoolLossReason, items: number, storedBy: StoredBy): void;
}

/** A pipeline of a page, which may be left at any moment. */
export interface LeavablePipeline extends SpoolingPipeline {
  /** Takes in what is not held yet, such as metrics that were recorded since the last collection. Never throws. */
  takeIn(): void;
  /**
   * Stores everything that the pipeline holds and that is not in flight, for a page that is being left.
   * @param maxRequestBytes of each request, about; a larger item goes alone
   * @returns whether nothing is held any more
   */
  spill(maxRequestBytes: number): boolean;
  /**
   * Sends a request before it returns, whatever the pipeline waits for. `underWay` of {@link StoredRequest} tells the
   * pipeline what becomes of it.
   * @returns `undefined` if it cannot be sent so, or if nothing gets through at present
   */
  sendNow(body: OtlpRequestBody): Promise<FlushOutcome> | undefined;
}

export type ResendResult = 'settled' | 'kept' | 'too_large';

/** Why a spool gives stored items up. */
export type SpoolLossReason = 'spool_full' | 'spool_corrupt' | 'expired' | 'superseded';

/**
 * `here`: by this pipeline, whose counters have the items as spilled. `elsewhere`: by a process that has ended, or an
 * earlier pipeline, so the items count as offered and accepted when they are resent or lost for the first time. It
 * stays the same for an item, however often that is resent, and for both halves of a request.
 */
export type StoredBy = 'here' | 'elsewhere';

export interface StoredRequest {
  readonly items: number;
  /** Protobuf, not compressed, as assembled. */
  readonly body: OtlpRequestBody;
  readonly storedBy: StoredBy;
  /** Milliseconds since the epoch at which it was stored. */
  readonly storedAt: number;
  /** What becomes of the request, which was sent by `sendNow`. It is sent again only if that fails. */
  readonly underWay?: Promise<FlushOutcome>;
}

export interface RequestToStore {
  readonly items: number;
  /** Read before `store` returns. */
  readonly body: OtlpRequestBody;
  /**
   * Replaces everything that this place has stored itself and not resent (cumulative metrics): the spool gives that up
   * as `superseded`. Default false.
   */
  readonly supersedes?: boolean;
}

export interface SpoolPlace {
  /**
   * Takes a request.
   * @param when `soon`: it is copied to memory, bounded, and written off the main thread. `now`: it is in the file
   *   (synced unless sync is `never`) when this returns, for a process that ends
   * @returns whether the spool has it; if not, the pipeline keeps its items. Never throws
   */
  store(request: RequestToStore, when: 'soon' | 'now'): boolean;
  /**
   * Resolves when everything that was taken before is in files, so that it survives the end of the process, or when no file
   * takes it. Never rejects.
   * @returns whether it is in files, or has settled
   */
  whenWritten(): Promise<boolean>;
  /** Whether nothing is stored that waits to be resent by this place. Cheap. */
  readonly isEmpty: boolean;
  /** What is stored and not yet settled, from here and adopted. Cheap. */
  getMetrics(): SpoolMetrics;
  /**
   * Calls the listener when a `store` that was refused might be taken now.
   * @returns a function that removes the listener
   */
  onReady(listener: () => void): () => void;
  /**
   * Ends resending, writes what is pending, and lets go of the files. What is stored stays for the next process. Never
   * rejects.
   */
  close(): Promise<void>;
  /** {@link close}, synchronously, for the end of a process. May follow a `close` that has not resolved yet. */
  closeNow(): void;
}

/** What a spool holds for a pipeline. */
export interface SpoolMetrics {
  readonly items: number;
  /** On disk. */
  readonly bytes: number;
  /** Milliseconds since the epoch; `undefined` if nothing is stored. */
  readonly oldestStoredAt: number | undefined;
  /**
   * Items that were stored here, and that another process has taken over because this one was stopped for long. Here they
   * count as spilled for good.
   */
  readonly takenOver: number;
}
