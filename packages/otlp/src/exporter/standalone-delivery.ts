import { backoffMs, DEFAULT_RETRY, type FlushOutcome, now, startTimer, type Timer } from '@spillway/backpressure';
import type { EncodedBuffer } from '../buffer/encoded-buffer.ts';
import type { LossLines } from '../pipeline/loss-lines.ts';
import type { OtlpTransport } from '../transport/transport.ts';
import { EXPORT_FAILED, EXPORT_SUCCESS, type ExportResultLike } from './item-exporter.ts';

/** An attempt that ignores its signal is given up after this; one that heeds it has ended long before. */
const ABANDON_AFTER_MILLIS = 1_000;

/** What one export sends with, and how long it may take. */
export interface StandaloneDelivery {
  readonly send: OtlpTransport['send'];
  /** On the clock of `now()`. */
  readonly deadline: number;
  /** Ends the export early. */
  readonly signal: AbortSignal;
  /** Are told of items that are lost though the export succeeds. */
  readonly losses: LossLines;
}

/**
 * What the controller does for our own processor, in small, for a caller that has no controller: encodes one export,
 * repeats passing failures until the time is over, and splits what is too large.
 * @param buffer for this export alone: an attempt that is given up may still read its bytes
 */
export async function deliver<Item>(
  items: readonly Item[],
  buffer: EncodedBuffer<Item>,
  { send, deadline, signal, losses }: StandaloneDelivery,
): Promise<ExportResultLike> {
  let lost = 0;
  for (const item of items) {
    try {
      buffer.push(item, 0);
    } catch {
      lost += 1;
    }
  }
  if (lost > 0) losses.onDrop('unencodable', lost);
  let limit = items.length;
  let failure: Error | undefined;
  for (let attempt = 1; buffer.size > 0; ) {
    const batch = buffer.take(limit, Infinity);
    const ended = untilDeadline(signal, deadline);
    const outcome = await settledOrAbandoned(send(buffer.assembleRequest(batch), ended), ended);
    if (outcome === 'abandoned') return { code: EXPORT_FAILED, error: new Error('an attempt did not end in time') };
    if (outcome.kind === 'too_large' && batch.itemCount > 1 && now() < deadline) {
      limit = Math.ceil(batch.itemCount / 2);
      buffer.putBack(batch);
    } else if (await mayRepeat(outcome, attempt, deadline, signal)) {
      buffer.putBack(batch);
      attempt += 1;
    } else {
      // One part that is refused says nothing about the others.
      failure ??= outcome.kind === 'delivered' ? undefined : outcome.error;
      countRejected(outcome, losses);
      buffer.release(batch);
      attempt = 1;
    }
  }
  return failure === undefined ? { code: EXPORT_SUCCESS } : { code: EXPORT_FAILED, error: failure };
}

/** An attempt begun late must not outlive the export. */
function untilDeadline(signal: AbortSignal, deadline: number): AbortSignal {
  if (deadline === Infinity) return signal;
  return AbortSignal.any([signal, AbortSignal.timeout(Math.max(Math.ceil(deadline - now()), 0))]);
}

/** The caller is told of a success that is only partial by nothing but the log. */
function countRejected(outcome: FlushOutcome, losses: LossLines): void {
  if (outcome.kind !== 'delivered' || (outcome.rejected ?? 0) === 0) return;
  losses.onRefusal(outcome.error);
  losses.onDrop('rejected', outcome.rejected ?? 0);
}

/** Waits as long as the collector asked or the backoff says; not at all where the deadline would pass meanwhile. */
async function mayRepeat(outcome: FlushOutcome, attempt: number, deadline: number, signal: AbortSignal): Promise<boolean> {
  if (outcome.kind !== 'retry' && outcome.kind !== 'throttled') return false;
  const asked = outcome.kind === 'throttled' ? outcome.retryAfterMs : undefined;
  const wait = asked ?? backoffMs(attempt, DEFAULT_RETRY);
  if (signal.aborted || now() + wait >= deadline) return false;
  await elapsed(wait, signal);
  return !signal.aborted;
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

/** Resolves after that time, or when the signal is aborted. Whoever awaits the export holds the process; this does not. */
function elapsed(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = startTimer(end, millis);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
