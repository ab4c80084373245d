import { itemsText, ownDiag, SpacedLine } from '@spillway/pipeline';

/** Another process takes over all chains of this one, so one line tells of all. */
const GATHER_MILLIS = 1_000;

/** What a line is about. Each kind is logged for itself. */
export type SpoolTrouble = 'write' | 'read' | 'corrupt' | 'adopt' | 'gone';

/** The messages of a spool about its files. Of each kind, there is one line a minute at most, after the first ones. */
export class SpoolLog {
  readonly #where: string;
  readonly #lines = new Map<SpoolTrouble, { readonly line: SpacedLine; text: string }>();
  readonly #takeOverLine = new SpacedLine(() => this.#tellTakeOver(), { firstDelayMs: GATHER_MILLIS });
  #takenOver = 0;

  constructor(where: string) {
    this.#where = where;
  }

  warn(trouble: SpoolTrouble, text: string): void {
    let entry = this.#lines.get(trouble);
    if (entry === undefined) {
      const line = new SpacedLine((leftOut) => this.#write(trouble, leftOut));
      entry = { line, text };
      this.#lines.set(trouble, entry);
    }
    entry.text = text;
    entry.line.ask();
  }

  /** This process was stopped, and another one has these items now. */
  warnOfTakeOver(items: number): void {
    this.#takenOver += items;
    this.#takeOverLine.ask();
  }

  info(text: string): void {
    ownDiag.info(`spool ${this.#where}: ${text}`);
  }

  /** The trouble is over: a line that waits is not written any more. */
  cancel(trouble: SpoolTrouble): void {
    this.#lines.get(trouble)?.line.cancel();
  }

  close(): void {
    for (const { line } of this.#lines.values()) line.cancel();
    this.#takeOverLine.cancel();
    this.#tellTakeOver();
  }

  #tellTakeOver(): void {
    if (this.#takenOver === 0) return;
    const items = itemsText(this.#takenOver);
    this.#takenOver = 0;
    ownDiag.warn(
      `spool ${this.#where}: another process has taken over ${items} while this one was stopped, and sends them`,
    );
  }

  #write(trouble: SpoolTrouble, leftOut: number): void {
    const text = this.#lines.get(trouble)?.text ?? '';
    const more = leftOut === 0 ? '' : ` (and ${leftOut} more since the last such line)`;
    ownDiag.warn(`spool ${this.#where}: ${text}${more}`);
  }
}
