import type { DropReason } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import { ownDiag } from '../scope/export-scope.ts';
import { isLeftOut, isNotBuiltOnPurpose } from './left-out.ts';
import { itemsText } from './items-text.ts';
import { SpacedLine } from './spaced-line.ts';

/** Long enough to gather a burst into one line, short enough for an operator who looks for missing items. */
const GATHER_MS = 1_000;

/** Logs which items were lost and why: within a second, again while losses go on, never a line for each item. */
export class LossLines {
  readonly #name: string;
  readonly #isNotBuiltOnPurpose: boolean;
  readonly #lost = new Tally();
  readonly #leftOut = new Tally();
  readonly #lostLine = new SpacedLine(() => this.#logLost(), { firstDelayMs: GATHER_MS });
  readonly #leftOutLine = new SpacedLine(() => this.#logLeftOut(), { firstDelayMs: GATHER_MS });
  #lastCause: Error | undefined;

  /** @param name the pipeline's, which begins every line */
  constructor(name: string, signal: Signal) {
    this.#name = name;
    this.#isNotBuiltOnPurpose = isNotBuiltOnPurpose(signal);
  }

  /** In the hot path of a full queue. */
  onDrop(reason: DropReason, count: number): void {
    this.#add(reason, count, isLeftOut(reason));
  }

  /** An item was not even built, because it would have been refused or sampled out. */
  onNotBuilt(): void {
    if (this.#isNotBuiltOnPurpose) this.#add('not recorded', 1, true);
    else this.#add('not even built', 1, false);
  }

  /** Why items are lost, such as the collector's message when it rejected them. The next line quotes it. */
  onCause(error: Error | undefined): void {
    this.#lastCause = error;
  }

  /** The losses since the last line, as the end of a line that is logged now; empty if there were none. */
  take(): string {
    this.#lostLine.cancel();
    return this.#lost.isEmpty ? '' : `; lost since the last such line: ${this.#lost.take().text}`;
  }

  /** Logs pending lines now. */
  flush(): void {
    this.cancel();
    this.#logLost();
    this.#logLeftOut();
  }

  /** Cancels pending lines. */
  cancel(): void {
    this.#lostLine.cancel();
    this.#leftOutLine.cancel();
  }

  #add(reason: string, count: number, isOnPurpose: boolean): void {
    (isOnPurpose ? this.#leftOut : this.#lost).add(reason, count);
    (isOnPurpose ? this.#leftOutLine : this.#lostLine).ask();
  }

  #logLost(): void {
    if (this.#lost.isEmpty) return;
    const { total, sum, text } = this.#lost.take();
    const cause = this.#lastCause === undefined ? '' : `. Last cause: ${this.#lastCause.message}`;
    this.#lastCause = undefined;
    ownDiag.warn(
      `${this.#name}: lost ${itemsText(sum)}: ${text}${total > sum ? ` (${total} since the start)` : ''}${cause}`,
    );
  }

  #logLeftOut(): void {
    if (this.#leftOut.isEmpty) return;
    const { sum, text } = this.#leftOut.take();
    ownDiag.info(`${this.#name}: left out ${itemsText(sum)} on purpose: ${text}`);
  }
}

/** Counts by reason since they were last taken. */
class Tally {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  add(reason: string, count: number): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
    this.#total += count;
  }

  /** `total` counts from the start, `sum` and `text` since the last call. */
  take(): { readonly total: number; readonly sum: number; readonly text: string } {
    const counts = [...this.#counts];
    this.#counts.clear();
    return {
      total: this.#total,
      sum: counts.reduce((sum, [, count]) => sum + count, 0),
      text: counts.map(([reason, count]) => `${count} ${reason}`).join(', '),
    };
  }
}
