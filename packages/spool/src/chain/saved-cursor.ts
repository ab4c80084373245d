import { writeAt } from '../files/small-file.ts';
import type { Work } from '../files/work.ts';
import { encodeCursor, positionOf } from '../format/cursor.ts';
import { cursorPath } from './segment.ts';

/** How far a chain has settled, as its folder says it. */
export class SavedCursor {
  readonly #folder: string;
  readonly #salt: number;
  #sequence: number;
  #item: number;

  /**
   * @param sequence of the cursor that was saved last
   * @param item the number below which everything had settled
   */
  constructor(folder: string, salt: number, sequence: number, item: number) {
    this.#folder = folder;
    this.#salt = salt;
    this.#sequence = sequence;
    this.#item = item;
  }

  get item(): number {
    return this.#item;
  }

  /** Without files, nothing has to be saved. */
  skipTo(item: number): void {
    this.#item = item;
  }

  /** Two saves at the same time write two slots. */
  *save(item: number, isSynced: boolean): Work<void> {
    this.#sequence += 1;
    const slot = { sequence: this.#sequence, item, salt: this.#salt };
    yield* writeAt(cursorPath(this.#folder), encodeCursor(slot), positionOf(slot), isSynced);
    this.#item = Math.max(this.#item, item);
  }
}
