import { ownDiag, SpacedLine } from '@spillway/pipeline';

/** What a line is about. Each kind is logged for itself. */
export type SpoolTrouble = 'write' | 'full' | 'read' | 'corrupt' | 'adopt' | 'taken' | 'gone' | 'size';

/** The messages of a spool about its files. Of each kind, there is one line a minute at most, after the first ones. */
export class SpoolLog {
  readonly #where: string;
  readonly #lines = new Map<SpoolTrouble, { readonly line: SpacedLine; text: string }>();

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

  info(text: string): void {
    ownDiag.info(`spool ${this.#where}: ${text}`);
  }

  /** The trouble is over: a line that waits is not written any more. */
  cancel(trouble: SpoolTrouble): void {
    this.#lines.get(trouble)?.line.cancel();
  }

  close(): void {
    for (const { line } of this.#lines.values()) line.cancel();
  }

  #write(trouble: SpoolTrouble, leftOut: number): void {
    const text = this.#lines.get(trouble)?.text ?? '';
    const more = leftOut === 0 ? '' : ` (and ${leftOut} more since the last such line)`;
    ownDiag.warn(`spool ${this.#where}: ${text}${more}`);
  }
}
