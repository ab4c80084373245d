import { wallTime } from '@spillway/backpressure';
import { type LostItems, summed } from './lost-items.ts';
import { readReport } from './shipping-reports.ts';

export const LATE = 'there was no time left to ship them';
const NO_REPORT = 'the process that ships them ended without a report';

/** The items that one child was given, and what it has reported on them. */
export class ChildAccount {
  readonly #deadline: number;
  readonly #decoder = new TextDecoder();
  /** Items without a report so far. */
  #open = 0;
  #isComplete = false;
  #rest = '';
  #losses: readonly LostItems[] = [];

  /** @param deadline the child's own, on the clock of `Date.now()` */
  constructor(deadline: number) {
    this.#deadline = deadline;
  }

  give(items: number): void {
    this.#open += items;
  }

  /** Reads what the child has printed after its greeting. */
  read(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#readLine(line);
  }

  /** Why the child takes nothing any more, once it has ended. It ends early if nobody listens, and has reported that. */
  get cause(): string {
    if (wallTime() >= this.#deadline) return LATE;
    const reported = this.#losses.find(({ reason }) => reason === 'drain_timeout');
    return (this.#isComplete ? reported?.cause : undefined) ?? NO_REPORT;
  }

  /** Complete once the child has ended and all that it has printed was read. */
  get losses(): readonly LostItems[] {
    if (this.#open <= 0) return this.#losses;
    // A child that was killed may have sent any of them. Otherwise, it has not even read the ones that are left.
    const [cause, mayHaveArrived] = this.#isComplete ? [this.cause, false] : [NO_REPORT, true];
    return [...this.#losses, { items: this.#open, reason: 'drain_timeout', cause, mayHaveArrived }];
  }

  #readLine(line: string): void {
    const report = readReport(line);
    if (report === undefined) return;
    if (report.kind === 'over') {
      this.#isComplete = true;
      return;
    }
    this.#open -= report.items;
    if (report.kind === 'lost') this.#losses = summed([...this.#losses, report]);
  }
}
