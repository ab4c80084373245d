import type { SpawnedCollector } from '../collector/src/index.ts';
import type { Chance } from './chance.ts';
import { randomFault } from './random-fault.ts';

/** Kinds of periods; more frequent ones are listed more often. */
const PERIODS = [
  'calm',
  'calm',
  'one fault',
  'one fault',
  'one fault',
  'mixed faults',
  'mixed faults',
  'gone',
] as const;

type Period = (typeof PERIODS)[number];

/** The receiver's faults, one period after the other. */
export class Weather {
  readonly #chance: Chance;
  readonly #collector: SpawnedCollector;
  readonly #seen = new Map<Period, number>();
  #changesAt = 0;
  #change: Promise<void> = Promise.resolve();

  constructor(chance: Chance, collector: SpawnedCollector) {
    this.#chance = chance;
    this.#collector = collector;
  }

  /** The number of periods of each kind, for the report. */
  get seen(): ReadonlyMap<string, number> {
    return this.#seen;
  }

  step(at: number): void {
    if (at < this.#changesAt) return;
    const period = this.#chance.oneOf(PERIODS);
    this.#seen.set(period, (this.#seen.get(period) ?? 0) + 1);
    this.#changesAt = at + this.#chance.magnitude(200, 3_000);
    this.#change = this.#change.then(() => this.#begin(period));
  }

  /** Ends all faults, including those queued for single requests, and brings the receiver back. */
  async clear(): Promise<void> {
    this.#changesAt = Infinity;
    await this.#change;
    await this.#collector.heal();
  }

  async #begin(period: Period): Promise<void> {
    await this.#collector.heal();
    if (period === 'one fault') await this.#collector.setFault(randomFault(this.#chance));
    if (period === 'gone') await this.#collector.interrupt();
    if (period !== 'mixed faults') return;
    const faults = Array.from({ length: 40 }, () =>
      this.#chance.happens(0.5) ? randomFault(this.#chance) : undefined,
    );
    await this.#collector.queueFaults(...faults);
  }
}
