import { admissionTo, type FlushOutcome, type FlushStart, now, startTimer, type Timer } from '@spillway/backpressure';
import type { RequestBuffer } from '@spillway/otlp';
import type { OtlpTransport } from '@spillway/otlp/transport';
import { EXPORT_FAILED, EXPORT_SUCCESS, type ExportResultLike } from '../foreign/sdk-exporter.ts';
import type { LossLines } from '../log/loss-lines.ts';
import type { StandaloneExport } from '../self-metrics/standalone-self-metrics.ts';
import type { RetryGate } from './standalone-retry-gate.ts';

/** An attempt that ignores its signal is abandoned after this time. Others end long before. */
const ABANDON_AFTER_MILLIS = 1_000;

/** The means of one export, and its time limit. */
export interface StandaloneDelivery {
  readonly send: OtlpTransport['send'];
  /** Decides when a failed attempt may be retried. */
  readonly gate: RetryGate;
  /** On the clock of `now()`. */
  readonly deadline: number;
  /** Ends the export early. */
  readonly signal: AbortSignal;
  /** Receives items that are lost although the export succeeds. */
  readonly losses: LossLines;
  /** Is told what becomes of the items. */
  readonly selfMetrics?: StandaloneExport | undefined;
}

/**
 * A simple version of the controller, for a caller without one: encodes one export, retries temporary failures until
 * the deadline, and splits requests that are too large.
 * @param forEachItem visits the items of the export
 * @param buffer for this export alone, because an abandoned attempt may still read its bytes
 */
export async function deliver<Item, Batch>(
  forEachItem: (visit: (item: Item) => void) => void,
  buffer: RequestBuffer<Item, Batch>,
  { send, gate, deadline, signal, losses, selfMetrics }: StandaloneDelivery,
): Promise<ExportResultLike> {
  pushAll(forEachItem, buffer, losses, selfMetrics);
  let limit = buffer.size;
  let failure: Error | undefined;
  let next: FlushStart | undefined;
  while (buffer.size > 0) {
    const attempt = next ?? gate.start();
    const batch = buffer.take(limit, Infinity);
    let end: AttemptEnd | undefined;
    let outcome: FlushOutcome | 'abandoned';
    try {
      end = new AttemptEnd(signal, deadline);
      outcome = await settledOrAbandoned(send(buffer.assembleRequest(batch), end.signal), end.signal);
    } catch (error) {
      // Otherwise the gate would wait for this attempt for ever.
      gate.onAbandoned(attempt);
      throw error;
    } finally {
      end?.dispose();
    }
    if (outcome === 'abandoned') {
      gate.onAbandoned(attempt);
      return { code: EXPORT_FAILED, error: new Error('an attempt did not end in time') };
    }
    gate.onOutcome(attempt, outcome);
    selfMetrics?.onAttempt(outcome, now() - attempt.startedAt);
    const isPassing = outcome.kind === 'retry' || outcome.kind === 'throttled';
    next = isPassing ? await gate.restart(deadline, signal) : undefined;
    const items = buffer.countOf(batch);
    if (outcome.kind === 'too_large' && items > 1 && now() < deadline) {
      limit = Math.ceil(items / 2);
      buffer.putBack(batch);
    } else if (next !== undefined) {
      buffer.putBack(batch);
    } else {
      // If one part is refused, that says nothing about the others.
      failure ??= outcome.kind === 'delivered' ? undefined : outcome.error;
      countRejected(outcome, losses);
      selfMetrics?.onSettled(outcome, items);
      buffer.release(batch);
    }
  }
  return failure === undefined ? { code: EXPORT_SUCCESS } : { code: EXPORT_FAILED, error: failure };
}

/** Encodes the items. Those that cannot be encoded are left out, which is logged. */
function pushAll<Item, Batch>(
  forEachItem: (visit: (item: Item) => void) => void,
  buffer: RequestBuffer<Item, Batch>,
  losses: LossLines,
  selfMetrics: StandaloneExport | undefined,
): void {
  const admission = admissionTo(0);
  let lost = 0;
  forEachItem((item) => {
    try {
      buffer.push(item, admission);
    } catch {
      lost += 1;
    }
  });
  if (lost === 0) return;
  losses.onDrop('unencodable', lost);
  selfMetrics?.onUnencodable(lost);
}

/**
 * Ends an attempt with its export, even one that begins late. Does not use `AbortSignal.any` and `timeout`, which older
 * browsers lack, and whose timers stay until the time is over.
 */
class AttemptEnd {
  readonly #controller = new AbortController();
  readonly #export: AbortSignal;
  readonly #onAbort = () => this.#controller.abort(this.#export.reason);
  readonly #timer: Timer;

  constructor(signal: AbortSignal, deadline: number) {
    this.#export = signal;
    if (signal.aborted) this.#onAbort();
    signal.addEventListener('abort', this.#onAbort);
    this.#timer = startTimer(() => this.#controller.abort(new Error('the export timed out')), deadline - now());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  dispose(): void {
    this.#timer.cancel();
    this.#export.removeEventListener('abort', this.#onAbort);
  }
}

/** A partial success is a success for the caller, so only the log tells about the rejected items. */
function countRejected(outcome: FlushOutcome, losses: LossLines): void {
  if (outcome.kind !== 'delivered' || (outcome.rejected ?? 0) === 0) return;
  losses.onCause(outcome.error);
  losses.onDrop('rejected', outcome.rejected ?? 0);
}

/** @param ended aborted when the attempt should end */
function settledOrAbandoned(attempt: Promise<FlushOutcome>, ended: AbortSignal): Promise<FlushOutcome | 'abandoned'> {
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    const abandonLater = (): void => void (timer = startTimer(() => resolve('abandoned'), ABANDON_AFTER_MILLIS));
    ended.addEventListener('abort', abandonLater, { once: true });
    if (ended.aborted) abandonLater();
    void attempt.then(resolve, reject).finally(() => {
      timer?.cancel();
      ended.removeEventListener('abort', abandonLater);
    });
  });
}
