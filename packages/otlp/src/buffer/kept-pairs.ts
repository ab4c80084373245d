import type { Pair } from './header-index.ts';

/**
 * The pairs that are kept when they have no items, in the order in which they will go. A pair stays in its place while
 * it has items again, so that nothing is moved for each batch. A linked list, because a `Set` takes ever longer to find
 * its first element while others are removed before it.
 */
export class KeptPairs {
  private first: Pair | undefined;
  private last: Pair | undefined;

  /** Appends a pair, unless it is in the list. */
  add(pair: Pair): void {
    if (pair.isKept) return;
    pair.isKept = true;
    if (this.last === undefined) this.first = pair;
    else this.last.nextKept = pair;
    this.last = pair;
  }

  /** Removes the first pair and returns it. */
  takeFirst(): Pair | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.first = first.nextKept;
    if (this.first === undefined) this.last = undefined;
    first.isKept = false;
    first.nextKept = undefined;
    return first;
  }
}
