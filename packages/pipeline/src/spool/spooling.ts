import { type Overflow, type SpillOccasion, startTimer, type Timer } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import type { RequestBuffer } from '@spillway/otlp';
import type { OtlpTransport } from '@spillway/otlp/transport';
import { withinExport } from '../scope/export-scope.ts';
import type { PipelineLog } from '../log/pipeline-log.ts';
import type { PendingResources } from '../pending-resources.ts';
import { GuardedPlace, NO_PLACE } from './guarded-place.ts';
import type { RequestSpool, ResendResult, SpoolMetrics, SpoolPlace, StoredRequest } from './request-spool.ts';
import { type ReadmittingController, Resending } from './resending.ts';

/** Attributes of a resource may still be detected: how often to look whether they are there. */
const LOOK_FOR_ATTRIBUTES_MS = 1_000;

export interface SpoolingParts<Batch> {
  readonly name: string;
  readonly signal: Signal;
  readonly spool: RequestSpool;
  readonly buffer: Pick<RequestBuffer<never, Batch>, 'assembleRequest' | 'pendingResources' | 'replacementOf'>;
  readonly resources: PendingResources;
  readonly log: PipelineLog;
  /** Called before a page is left. Default: nothing, because all items are held. */
  readonly takeIn?: (() => void) | undefined;
}

/**
 * The overflow of a pipeline that has a spool: makes a batch into the request that would have been sent, stores it
 * there, and sends it when the spool asks for that.
 */
export class Spooling<Batch> implements Overflow<Batch> {
  readonly #parts: SpoolingParts<Batch>;
  #place: SpoolPlace = NO_PLACE;
  #resending: Resending | undefined;
  #onReady = (): void => {};
  #stopListening = (): void => {};
  #lookAgain: Timer | undefined;
  /** The batches that were stored last as a replacement of all earlier ones. */
  #replacement: object | undefined;
  /** Whether something is stored that no later batch replaces. */
  #mustKeep = false;
  #takes = true;
  #isClosed = false;

  constructor(parts: SpoolingParts<Batch>) {
    this.#parts = parts;
  }

  /** Whether items are stored, as far as is known. Then none has to be sampled out. */
  get takes(): boolean {
    return this.#takes;
  }

  /** Whether nothing is stored that waits to be resent. */
  get isEmpty(): boolean {
    return this.#place.isEmpty;
  }

  /** A newer value of a series must not arrive before an older one. Spans and log records have no such order. */
  get goesFirst(): boolean {
    return this.#parts.signal === 'metrics' && !this.#place.isEmpty;
  }

  /** Called once, when the controller is there. */
  join(controller: ReadmittingController, transport: OtlpTransport): void {
    const { name, signal, spool, log, takeIn = () => {} } = this.#parts;
    const resending = new Resending(controller, transport, log);
    this.#resending = resending;
    try {
      const place = spool.join({
        name,
        signal,
        takeIn: () => this.#quietly('what is not held yet could not be taken in', takeIn),
        spill: (maxRequestBytes) => controller.spill(maxRequestBytes),
        sendNow: (body) => (isFailing(controller) ? undefined : withinExport(() => transport.sendNow?.(body))),
        resend: (request) => this.#resend(resending, request),
        onLost: (...loss) =>
          this.#quietly('the spool reports a loss that makes no sense', () => resending.onLost(...loss)),
      });
      this.#place = new GuardedPlace(place, (what, error) => log.complain(what, asError(error)));
      this.#stopListening = this.#place.onReady(() => this.#ready());
    } catch (error) {
      this.#takes = false;
      log.complain('the spool cannot be used, and items are kept in memory only', asError(error));
    }
  }

  take(batch: Batch, items: number, occasion: SpillOccasion): boolean {
    const isEnd = occasion === 'end';
    const { buffer, log } = this.#parts;
    if (!isEnd && this.#lacksAttributes(batch)) {
      this.#lookAgain ??= startTimer(() => this.#ready(), LOOK_FOR_ATTRIBUTES_MS);
      this.#takes = false;
      return false;
    }
    const replacement = buffer.replacementOf?.(batch);
    this.#mustKeep &&= !this.#place.isEmpty;
    const supersedes = replacement !== undefined && replacement !== this.#replacement && !this.#mustKeep;
    this.#takes = this.#place.store({ items, body: buffer.assembleRequest(batch), supersedes }, isEnd ? 'now' : 'soon');
    if (!this.#takes) return false;
    this.#replacement = replacement;
    this.#mustKeep ||= replacement === undefined;
    log.onSpilled(items);
    return true;
  }

  onReady(listener: () => void): () => void {
    this.#onReady = listener;
    return () => (this.#onReady = () => {});
  }

  /** Resolves when everything that was spilled is in files, or no file takes it. Never rejects. @returns whether it is */
  async whenWritten(): Promise<boolean> {
    return this.#place.whenWritten();
  }

  getMetrics(): SpoolMetrics {
    return this.#place.getMetrics();
  }

  /** What is stored stays there. Never rejects. */
  async close(): Promise<void> {
    const closed = this.#place.close();
    this.#onClosed();
    await closed;
  }

  /** {@link close}, for a process that ends. */
  closeNow(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#place.closeNow();
    this.#onClosed();
  }

  #onClosed(): void {
    this.#resending?.end();
    this.#lookAgain?.cancel();
    this.#stopListening();
  }

  #ready(): void {
    this.#lookAgain?.cancel();
    this.#lookAgain = undefined;
    this.#takes = true;
    this.#onReady();
  }

  async #resend(resending: Resending, request: StoredRequest): Promise<ResendResult> {
    try {
      return await resending.resend(request);
    } catch (error) {
      this.#parts.log.complain('the spool has a request that makes no sense, and it is given up', asError(error));
      return 'settled';
    }
  }

  /** Until the attributes are there, or have been waited for long enough, the items stay in memory. */
  #lacksAttributes(batch: Batch): boolean {
    const { buffer, resources } = this.#parts;
    const pending = buffer.pendingResources(batch);
    if (pending.length === 0) return false;
    if (resources.areAwaited(pending)) return true;
    resources.onSentWithout(pending);
    return false;
  }

  #quietly(what: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#parts.log.complain(what, asError(error));
    }
  }
}

/** Whether the last attempt has failed, and none has succeeded since. */
function isFailing(controller: ReadmittingController): boolean {
  return controller.getMetrics().isProbing || controller.inspect().pause !== undefined;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
