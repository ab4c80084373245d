import {
  BackpressureState,
  type DropReason,
  type FlushReport,
  now,
  type PipelineObserver,
} from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import { ownDiag } from '../scope/export-scope.ts';
import { LossLines } from './loss-lines.ts';
import { SpacedLine } from './spaced-line.ts';
import { SpoolLines } from './spool-lines.ts';

type Health =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'well' }
  | {
      readonly kind: 'failing';
      readonly why: Failure;
      readonly since: number;
      readonly retried: number;
      readonly isLogged: boolean;
    };

/** Kinds of failures, each of which has its own line. */
type Failure = 'failing' | 'denied';

const FAILURE_TEXT: Readonly<Record<Failure, string>> = {
  failing: 'an export failed and will be retried',
  denied: 'exports lack valid credentials, and items are kept until they have them',
};

/** How severe a state is. Draining is an end rather than a degree, and is never logged before its turn. */
const GRAVITY: Readonly<Record<BackpressureState, number>> = {
  normal: 0,
  draining: 0,
  elevated: 1,
  critical: 2,
  blocked: 3,
};

/**
 * Logs through `diag` only what an operator must know: which items were lost and why, whether the collector answers,
 * and the state of the queue. Every kind of line is spaced out (see {@link SpacedLine}), so that nothing can fill a
 * log.
 */
export class PipelineLog implements PipelineObserver {
  readonly #name: string;
  readonly #losses: LossLines;
  readonly #spool: SpoolLines;
  readonly #stateLine = new SpacedLine((leftOut) => this.#logState(leftOut));
  #loggedState: BackpressureState = BackpressureState.NORMAL;
  #state: BackpressureState = BackpressureState.NORMAL;
  #gravest = 0;
  #health: Health = { kind: 'unknown' };
  #wasUnreachable = false;
  /** The error of the last failed export, until one succeeds. */
  #lastError: Error | undefined;
  readonly #complaints = new Map<string, Complaint>();
  #isClosed = false;

  /** @param name begins every line, so that two pipelines in one process can be told apart */
  constructor(name: string, signal: Signal) {
    this.#name = name;
    this.#losses = new LossLines(name, signal);
    this.#spool = new SpoolLines(name);
  }

  /** Why the last export failed, to be appended to a message; empty if it succeeded. */
  get lastFailure(): string {
    return this.#lastError === undefined ? '' : ` (the last export failed: ${this.#lastError.message})`;
  }

  onDrop(reason: DropReason, count: number): void {
    if (!this.#isClosed) this.#losses.onDrop(reason, count);
  }

  /** An item was not even built. */
  onNotBuilt(): void {
    if (!this.#isClosed) this.#losses.onNotBuilt();
  }

  /** The application's `priorityOf` threw. Its item goes into the lowest lane. */
  onPriorityFailure(error: Error): void {
    this.#complain('priority', 'priorityOf threw, and its items go into the lowest lane', error);
  }

  /** Trouble that is not a loss. @param what also tells its kind: each has its own line */
  complain(what: string, error: Error): void {
    this.#complain(what, what, error);
  }

  /** The spool has taken items. They may not be in a file yet. */
  onSpilled(items: number): void {
    if (!this.#isClosed) this.#spool.on('handed', items);
  }

  /** Items were delivered from the spool. */
  onResent(items: number): void {
    if (!this.#isClosed) this.#spool.on('resent', items);
  }

  /**
   * Logs which items were lost so far, and then nothing any more: the output of a process that ends belongs to the
   * application.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#losses.flush();
    this.#spool.cancel();
    this.#stateLine.cancel();
  }

  onStateChange(state: BackpressureState, previous: BackpressureState): void {
    if (this.#isClosed) return;
    this.#state = state;
    if (isOrderlyEnd(state, previous)) {
      ownDiag.debug(`${this.#name}: ${previous} -> ${state}`);
      this.#loggedState = state;
    } else if (GRAVITY[state] > this.#gravest) {
      this.#gravest = GRAVITY[state];
      this.#stateLine.insist();
    } else {
      this.#stateLine.ask();
    }
  }

  onFlush({ outcome, items, isUndeliverable }: FlushReport): void {
    if (this.#isClosed) return;
    if (isUndeliverable === true) return this.#losses.onCause(outcome.error);
    switch (outcome.kind) {
      case 'retry':
        this.#lastError = outcome.error;
        return outcome.unreachable === true && this.#health.kind === 'unknown'
          ? this.#collectorNotUpYet(outcome.error)
          : this.#failing(outcome.denied === true ? 'denied' : 'failing', outcome.error, items);
      case 'throttled':
        this.#lastError = outcome.error;
        return this.#failing('failing', outcome.error, items);
      case 'refused':
        this.#losses.onCause(outcome.error);
        return this.#well();
      case 'too_large':
        this.#well();
        if (items === 1) return this.#losses.onCause(outcome.error);
        this.#complain('too_large', 'a request was too large and is split', outcome.error);
        return;
      case 'delivered':
        this.#well();
        if ((outcome.rejected ?? 0) > 0) this.#losses.onCause(outcome.error);
        else if (outcome.error !== undefined)
          this.#complain('answer', 'the collector took the items, but its answer is odd', outcome.error);
    }
  }

  /** Logs how many items a shutdown left behind. */
  onShutdown(remaining: number): void {
    if (this.#isClosed) return;
    this.#stateLine.cancel();
    this.#spool.flush();
    if (remaining === 0) return this.#losses.flush();
    ownDiag.error(
      `${this.#name}: shut down with ${remaining} items undelivered${this.lastFailure}${this.#losses.take()}`,
    );
    this.#losses.flush();
  }

  /** Logs what the spool has lost while it was closed, because no file took it. */
  onSpoolClosed(): void {
    if (!this.#isClosed) this.#losses.flush();
  }

  /** The collector often starts after the application, so this is logged only once, as information. */
  #collectorNotUpYet(error: Error): void {
    if (this.#wasUnreachable) return;
    this.#wasUnreachable = true;
    ownDiag.info(`${this.#name}: no collector yet (${error.message}); items are kept until there is one`);
  }

  #failing(why: Failure, error: Error, items: number): void {
    const { since, retried, isLogged } =
      this.#health.kind === 'failing' ? this.#health : { since: now(), retried: 0, isLogged: false };
    const isNews = this.#health.kind !== 'failing' || this.#health.why !== why;
    const isLoggedNow = isNews && this.#complain(why, FAILURE_TEXT[why], error);
    this.#health = { kind: 'failing', why, since, retried: retried + items, isLogged: isLogged || isLoggedNow };
  }

  #well(): void {
    this.#lastError = undefined;
    // Brief failures come in groups. A recovery is logged only if its failure was.
    if (this.#health.kind === 'failing' && this.#health.isLogged) {
      const seconds = ((now() - this.#health.since) / 1_000).toFixed(1);
      ownDiag.info(
        `${this.#name}: exports succeed again after ${seconds} s (${this.#health.retried} items were sent more than once)`,
      );
    }
    this.#health = { kind: 'well' };
  }

  /** @returns whether it was logged now */
  #complain(kind: string, what: string, error: Error | undefined): boolean {
    if (this.#isClosed) return false;
    const complaint = this.#complaints.get(kind) ?? new Complaint(this.#name, what);
    this.#complaints.set(kind, complaint);
    return complaint.log(error);
  }

  #logState(leftOut: number): void {
    const previous = this.#loggedState;
    this.#loggedState = this.#state;
    this.#gravest = GRAVITY[this.#state];
    // The state changed and returned within the gap. Losses meanwhile have their own line.
    if (previous === this.#state && leftOut === 0) return;
    const more =
      leftOut > 0 ? ` (${leftOut} more ${leftOut === 1 ? 'change' : 'changes'} since the last such line)` : '';
    const change = previous === this.#state ? `${this.#state} again` : `${previous} -> ${this.#state}`;
    const line = `${this.#name}: ${change}${more}`;
    if (GRAVITY[this.#state] >= GRAVITY.critical) ownDiag.warn(line);
    else ownDiag.info(line);
  }
}

/** A kind of trouble: logged the first time, and then at intervals while it goes on. */
class Complaint {
  readonly #line: SpacedLine;
  #error: Error | undefined;
  #isLogged = false;

  constructor(name: string, what: string) {
    this.#line = new SpacedLine(
      (leftOut) => {
        this.#isLogged = true;
        const more =
          leftOut > 0 ? ` (and ${leftOut === 1 ? 'once' : `${leftOut} times`} since the last such line)` : '';
        ownDiag.warn(`${name}: ${what}${this.#error === undefined ? '' : `: ${this.#error.message}`}${more}`);
      },
      { isMadeUpFor: false },
    );
  }

  /** @returns whether it was logged now */
  log(error: Error | undefined): boolean {
    this.#isLogged = false;
    this.#error = error;
    this.#line.ask();
    return this.#isLogged;
  }
}

/** Every process ends. Nobody needs to know that this one ends normally. */
function isOrderlyEnd(state: BackpressureState, previous: BackpressureState): boolean {
  return (state === 'draining' && previous === 'normal') || (state === 'normal' && previous === 'draining');
}
