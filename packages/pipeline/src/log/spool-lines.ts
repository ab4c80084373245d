import { ownDiag } from '../scope/export-scope.ts';
import { itemsText } from './items-text.ts';
import { SpacedLine } from './spaced-line.ts';

/** Long enough to gather what belongs together into one line. */
const GATHER_MS = 1_000;

/** What happens to items of a spool, in this order, and how that reads in the log. */
const TEXTS = {
  handed: (items: string) => `handed ${items} to the spool, to be sent later`,
  resent: (items: string) => `delivered ${items} from the spool`,
} as const;

type Event = keyof typeof TEXTS;

/** Logs, as information, that items go to the spool and come back: within a second, and again while it goes on. */
export class SpoolLines {
  readonly #name: string;
  readonly #counts: Record<Event, number> = { handed: 0, resent: 0 };
  readonly #lines: Readonly<Record<Event, SpacedLine>>;

  /** @param name the pipeline's, which begins every line */
  constructor(name: string) {
    this.#name = name;
    // With what is pending of the others: a line that comes alone, up to a minute later, would say "to be sent later" of
    // items that have been delivered meanwhile.
    const newLine = () => new SpacedLine(() => this.flush(), { firstDelayMs: GATHER_MS });
    this.#lines = { handed: newLine(), resent: newLine() };
  }

  on(event: Event, items: number): void {
    if (items === 0) return;
    this.#counts[event] += items;
    this.#lines[event].ask();
  }

  /** Logs pending lines now. */
  flush(): void {
    this.cancel();
    for (const event of Object.keys(TEXTS) as Event[]) this.#log(event);
  }

  /** Cancels pending lines. */
  cancel(): void {
    for (const line of Object.values(this.#lines)) line.cancel();
  }

  #log(event: Event): void {
    const items = this.#counts[event];
    if (items === 0) return;
    this.#counts[event] = 0;
    ownDiag.info(`${this.#name}: ${TEXTS[event](itemsText(items))}`);
  }
}
