import type { AdaptiveLimits, FailureSigns } from './adaptive-limits.ts';
import { REPORT_LANE } from './admission.ts';
import type { PressureKind } from './adaptive-concurrency.ts';
import { type Evidence, mayBeTheBatch } from './evidence.ts';
import type { Flight } from './flights.ts';
import type { FlushGate } from './flush-gate.ts';
import type { FlushOutcome } from './flush-outcome.ts';
import type { FlushReport } from './flush-report.ts';
import type { Holdings } from './holdings.ts';
import type { Blame } from './suspect.ts';

/** What became of a flight. */
export interface Settled {
  readonly report: FlushReport;
  readonly fate: Fate;
}

type Failure = FlushOutcome & { readonly kind: 'retry' | 'throttled' };
type Answer = FlushOutcome & { readonly kind: 'delivered' | 'refused' | 'too_large' };
/**
 * Where the items of a flight went. `put back`: they are queued again, and leave as soon as they may. `kept`: a replay
 * stays with the overflow. `kept aside`: the same, although others are delivered. `given up`: they are undeliverable.
 */
export type Fate = 'settled' | 'put back' | 'set aside' | 'kept' | 'kept aside' | 'given up';

/**
 * Decides what an outcome means: whose failure it is, where the batch goes, and which parts must learn from it. They
 * learn about flushes only from here.
 */
export class Settlement<Item, Batch> {
  readonly #held: Holdings<Item, Batch>;
  readonly #gate: FlushGate;
  readonly #limits: AdaptiveLimits;
  readonly #evidence: Evidence;

  constructor(held: Holdings<Item, Batch>, gate: FlushGate, limits: AdaptiveLimits, evidence: Evidence) {
    this.#held = held;
    this.#gate = gate;
    this.#limits = limits;
    this.#evidence = evidence;
  }

  /** @param flight no longer in flight */
  settle(flight: Flight<Batch>, answer: FlushOutcome, time: number): Settled {
    const latencyMs = time - flight.startedAt;
    // Asked before the batch is released.
    const operationMs = time - this.#firstTakenAt(flight);
    const reports = this.#reportsIn(flight);
    const outcome = answer.kind === 'too_large' ? this.#read(answer, flight) : answer;
    const isFailure = outcome.kind === 'retry' || outcome.kind === 'throttled';
    const fate = isFailure
      ? this.#onFailure(flight, outcome, latencyMs, time)
      : this.#onAnswer(flight, outcome, latencyMs, time);
    const report = { outcome, items: flight.items, bytes: flight.bytes, latencyMs, ...(reports > 0 && { reports }) };
    if (fate === 'given up') return { report: { ...report, operationMs, isUndeliverable: true }, fate };
    return { report: fate === 'settled' ? { ...report, operationMs } : report, fate };
  }

  #reportsIn({ cargo }: Flight<Batch>): number {
    return cargo.kind === 'batch' ? (this.#held.buffer.laneCountOf?.(cargo.batch, REPORT_LANE) ?? 0) : 0;
  }

  #firstTakenAt({ cargo, startedAt }: Flight<Batch>): number {
    return cargo.kind === 'batch' ? Math.min(this.#held.buffer.firstTakenAt(cargo.batch), startedAt) : startedAt;
  }

  /** A consumer that calls everything too large is failing: sending item by item would lose all items. */
  #read(answer: FlushOutcome & { kind: 'too_large' }, { items, bytes }: Flight<Batch>): FlushOutcome {
    if (answer.unsent === true || this.#evidence.onTooLarge(items, bytes)) return answer;
    return {
      kind: 'retry',
      error: new Error(
        'the consumer rejects everything as too large, even single items; they are kept and will be sent again',
        { cause: answer.error },
      ),
    };
  }

  #onFailure(flight: Flight<Batch>, outcome: Failure, latencyMs: number, time: number): Fate {
    const { setAside, accounting } = this.#held;
    const mayBeBatch = mayBeTheBatch(outcome);
    const takesOthers = mayBeBatch && this.#evidence.takesOthers(flight, time);
    const isSuspicious = mayBeBatch && (takesOthers || flight.isProbe);
    const { cargo } = flight;
    const staysAside =
      cargo.kind === 'batch' &&
      (flight.suspect !== undefined || (isSuspicious && setAside.hasRoomFor(flight.items, flight.bytes)));
    if (!flight.isAlone) this.#evidence.onFailure(time);
    const kind = pressureOf(flight, outcome);
    const isOfBatch = flight.isAlone
      ? mayBeBatch
      : takesOthers && (staysAside || cargo.kind === 'replay') && !flight.isProbe && kind !== 'throttled';
    const news = this.#tellGate(flight, outcome, isOfBatch, time);
    if (news === 'round' && mayBeBatch) this.#evidence.onDoubtfulRound();
    const isUnreachable = outcome.kind === 'retry' && outcome.unreachable === true;
    this.#limits.onFailed(flight, { kind, mayBeBatch, takesOthers, news, isUnreachable }, latencyMs, time);
    if (!staysAside) return this.#putBack(flight, isOfBatch);
    const blame = blameFor(outcome, takesOthers);
    if (setAside.isProven(flight, blame, time)) {
      this.#held.fail(flight, 'undeliverable');
      return 'given up';
    }
    accounting.retry(flight.items);
    setAside.add(flight, cargo.batch, blame, latencyMs, time);
    return 'set aside';
  }

  #tellGate(flight: Flight<Batch>, outcome: Failure, isOfBatch: boolean, time: number): FailureSigns['news'] {
    if (isOfBatch) {
      this.#gate.onNoNews(flight);
      return 'batch';
    }
    return this.#gate.onFailure(flight, outcome, time, this.#held.waiters.size > 0) ? 'round' : 'same round';
  }

  #onAnswer(flight: Flight<Batch>, outcome: Answer, latencyMs: number, time: number): Fate {
    if (outcome.kind === 'too_large' && outcome.unsent === true) {
      this.#gate.onNoNews(flight);
    } else {
      this.#held.flights.onAnswer(flight, time);
      if (this.#gate.onAnswer()) this.#limits.onOutageOver();
    }
    if (outcome.kind === 'too_large' && this.#limits.onTooLarge(flight, time)) return this.#putBack(flight);
    if (outcome.kind === 'delivered') this.#onDelivered(flight, outcome.rejected ?? 0, latencyMs, time);
    else this.#onRefused(flight, outcome.kind, time);
    return 'settled';
  }

  #putBack(flight: Flight<Batch>, isOfBatch = false): Fate {
    this.#held.putBack(flight);
    if (flight.cargo.kind !== 'replay') return 'put back';
    return isOfBatch ? 'kept aside' : 'kept';
  }

  #onDelivered(flight: Flight<Batch>, rejected: number, latencyMs: number, time: number): void {
    this.#limits.onDelivered(flight, rejected, latencyMs, time);
    this.#evidence.onDelivered(flight.startedAt, flight.bytes, time);
    this.#held.deliver(flight, rejected);
  }

  #onRefused(flight: Flight<Batch>, kind: 'refused' | 'too_large', time: number): void {
    if (kind === 'refused') this.#limits.onRefused(flight, time);
    this.#held.fail(flight, kind === 'refused' ? 'rejected' : 'too_large');
  }
}

function pressureOf(flight: { readonly timedOut: boolean }, outcome: Failure): PressureKind {
  if (outcome.kind === 'throttled') return 'throttled';
  return flight.timedOut || outcome.timedOut === true ? 'timeout' : 'failure';
}

function blameFor(outcome: Failure, takesOthers: boolean): Blame {
  if (!takesOthers) return 'nobody';
  return outcome.kind === 'retry' && outcome.denied === true ? 'credentials' : 'items';
}
