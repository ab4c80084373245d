import type { BackpressureState, DropReason, FlushReport } from '@spillway/backpressure';
import { ownDiag } from './export-scope.ts';

/** A kind of complaint is repeated at most this often. */
const REPEAT_MS = 60_000;

type Health =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'well' }
  | { readonly kind: 'failing'; readonly since: number; readonly retried: number };

/**
 * Says through `diag` what an operator must know, and no more: a line when the collector stops or starts to answer, a
 * line when the state of the buffer changes, with what was dropped since the last; never a line an item or a request.
 */
export class PipelineLog {
  readonly #name: string;
  #health: Health = { kind: 'unknown' };
  #wasUnreachable = false;
  /** Why the last export that failed did, until one succeeds. */
  #lastError: Error | undefined;
  readonly #lastSaid = new Map<string, { at: number; unsaid: number }>();
  #dropped = new Map<DropReason, number>();
  #notBuilt = 0;
  #isClosed = false;

  /** @param name begins every line, so that two pipelines in one process can be told apart */
  constructor(name: string) {
    this.#name = name;
  }

  onDrop(reason: DropReason, count: number): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count);
  }

  /** An item was not even made. */
  onNotBuilt(): void {
    this.#notBuilt += 1;
  }

  /** Says nothing any more: what a process prints while it ends is the application's. */
  close(): void {
    this.#isClosed = true;
  }

  onStateChange(state: BackpressureState, previous: BackpressureState): void {
    if (this.#isClosed) return;
    const dropped = this.#takeDropped();
    const line = `${this.#name}: ${previous} -> ${state}${dropped}`;
    if (state === 'blocked' || state === 'critical') ownDiag.warn(line);
    else if (dropped === '' && isOrderlyEnd(state, previous)) ownDiag.debug(line);
    else ownDiag.info(line);
  }

  onFlush({ outcome, items }: FlushReport): void {
    if (this.#isClosed) return;
    switch (outcome.kind) {
      case 'retry':
        this.#lastError = outcome.error;
        return outcome.unreachable === true && this.#health.kind === 'unknown'
          ? this.#collectorNotUpYet(outcome.error)
          : this.#failing(outcome.error, items);
      case 'throttled':
        this.#lastError = outcome.error;
        return this.#failing(outcome.error, items);
      case 'refused':
        this.#well();
        return this.#complain('refused', `the collector refused ${items} items for good`, outcome.error);
      case 'too_large':
        this.#well();
        return this.#complain('too_large', items === 1 ? 'an item was too large for the collector and is lost' : 'a request was too large and is split', outcome.error);
      case 'delivered':
        this.#well();
        if ((outcome.rejected ?? 0) > 0) this.#complain('partial', `the collector rejected ${outcome.rejected} of ${items} items`, outcome.error);
        else if (outcome.error !== undefined) this.#once(outcome.error);
    }
  }

  /** What a shutdown left behind. */
  onShutdown(remaining: number): void {
    if (remaining === 0 || this.#isClosed) return;
    const why = this.#lastError === undefined ? '' : ` (the last export failed: ${this.#lastError.message})`;
    ownDiag.error(`${this.#name}: shut down with ${remaining} items undelivered${why}${this.#takeDropped()}`);
  }

  /** The collector may start after the application, and mostly does: said once, quietly. */
  #collectorNotUpYet(error: Error): void {
    if (this.#wasUnreachable) return;
    this.#wasUnreachable = true;
    ownDiag.info(`${this.#name}: no collector yet (${error.message}); items are kept until there is one`);
  }

  #failing(error: Error, items: number): void {
    if (this.#health.kind === 'failing') {
      this.#health = { ...this.#health, retried: this.#health.retried + items };
      return;
    }
    this.#health = { kind: 'failing', since: performance.now(), retried: items };
    this.#complain('failing', 'an export failed and is repeated', error);
  }

  #well(): void {
    this.#lastError = undefined;
    if (this.#health.kind === 'failing') {
      const seconds = ((performance.now() - this.#health.since) / 1_000).toFixed(1);
      const line = `${this.#name}: exports succeed again after ${seconds} s (${this.#health.retried} items were sent more than once)`;
      // Brief hiccups come in numbers; only what the reader was told of is taken back.
      if (this.#lastSaid.get('failing')?.unsaid === 0) ownDiag.info(line);
    }
    this.#health = { kind: 'well' };
  }

  #complain(kind: string, what: string, error: Error | undefined): void {
    const said = this.#lastSaid.get(kind);
    const time = performance.now();
    if (said !== undefined && time - said.at < REPEAT_MS) {
      said.unsaid += 1;
      return;
    }
    const before = said === undefined || said.unsaid === 0 ? '' : ` (and ${said.unsaid} times since the last such line)`;
    this.#lastSaid.set(kind, { at: time, unsaid: 0 });
    ownDiag.warn(`${this.#name}: ${what}${error === undefined ? '' : `: ${error.message}`}${before}${this.#takeDropped()}`);
  }

  /** An answer that could not be read, though the items were taken: of interest once. */
  #once(error: Error): void {
    if (this.#lastSaid.has('answer')) return;
    this.#lastSaid.set('answer', { at: performance.now(), unsaid: 0 });
    ownDiag.warn(`${this.#name}: ${error.message}`);
  }

  #takeDropped(): string {
    if (this.#dropped.size === 0 && this.#notBuilt === 0) return '';
    const counts = [...this.#dropped].map(([reason, count]) => `${count} ${reason}`);
    if (this.#notBuilt > 0) counts.push(`${this.#notBuilt} not even built`);
    this.#dropped = new Map();
    this.#notBuilt = 0;
    return `; dropped since the last line: ${counts.join(', ')}`;
  }
}

/** Every process comes to its end; nobody need know that this one does as it should. */
function isOrderlyEnd(state: BackpressureState, previous: BackpressureState): boolean {
  return (state === 'draining' && previous === 'normal') || (state === 'normal' && previous === 'draining');
}
