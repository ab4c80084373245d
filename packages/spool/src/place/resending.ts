import { startTimer } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import type { Chain } from '../chain/chain.ts';
import type { HeldRecord } from '../chain/held-records.ts';
import { fileErrorText } from '../files/file-error.ts';
import type { FileSystem } from '../files/file-system.ts';
import { runLater } from '../files/work.ts';
import type { SpoolLog } from '../spool-log.ts';
import type { Delivery } from './delivery.ts';
import { newSettleable } from './settleable.ts';

/** Requests that are offered to the pipeline at the same time. It sends them when it likes. Metrics stay in order. */
const AT_ONCE: Readonly<Record<Signal, number>> = { traces: 4, logs: 4, metrics: 1 };
/** After a file could not be read for a reason that may pass. */
const PAUSE_MILLIS = 1_000;

export interface ResendingOptions {
  readonly files: FileSystem;
  readonly signal: Signal;
  readonly delivery: Delivery;
  readonly log: SpoolLog;
  /** The chain to read next, from the oldest to the own one; `undefined` after the last. */
  readonly chains: () => readonly Chain[];
  /** The next record of a chain that no file takes. */
  readonly fromMemory: (chain: Chain) => HeldRecord | undefined;
  /** Something of a chain has settled. */
  readonly onSettled: (chain: Chain) => void;
}

/** Sends what is stored, in order. */
export class Resending {
  readonly #options: ResendingOptions;
  /** Resolves when nothing is sent any more, after {@link end}. */
  readonly ended: Promise<unknown>;
  #isEnded = false;
  #change = newSettleable();
  /** Records are taken one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ResendingOptions) {
    this.#options = options;
    this.ended = Promise.all(Array.from({ length: AT_ONCE[options.signal] }, async () => this.#run()));
  }

  /** There may be something to send now. */
  wake(): void {
    this.#change.settle();
    this.#change = newSettleable();
  }

  end(): void {
    this.#isEnded = true;
    this.wake();
  }

  async #run(): Promise<void> {
    while (!this.#isEnded) {
      const taking = this.#turn.then(async () => this.#take());
      this.#turn = taking;
      const taken = await taking;
      if (taken === undefined) continue;
      const { chain, record } = taken;
      await this.#options.delivery.deliver(chain, record);
      this.#options.onSettled(chain);
      this.wake();
    }
  }

  /** Waits for the next record. Never rejects. @returns `undefined` at the end */
  async #take(): Promise<{ readonly chain: Chain; readonly record: HeldRecord } | undefined> {
    while (!this.#isEnded) {
      // A change that comes while files are read must not be missed.
      const { settled: changed } = this.#change;
      for (const chain of this.#options.chains()) {
        while (!chain.keepsBodies && !this.#isEnded) await this.#change.settled;
        const record = await this.#takeFrom(chain);
        if (record !== undefined) return { chain, record };
        this.#options.onSettled(chain);
      }
      await changed;
    }
    return undefined;
  }

  async #takeFrom(chain: Chain): Promise<HeldRecord | undefined> {
    const { files, fromMemory, log } = this.#options;
    try {
      return (await runLater(files, chain.take())) ?? fromMemory(chain);
    } catch (error) {
      log.warn('read', `cannot read ${chain.folder} now: ${fileErrorText(error)}`);
      startTimer(() => this.wake(), PAUSE_MILLIS);
      return undefined;
    }
  }
}
