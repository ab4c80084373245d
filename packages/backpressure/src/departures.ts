import type { AdaptiveLimits } from './adaptive-limits.ts';
import type { Attempts } from './attempts.ts';
import type { Holdings } from './holdings.ts';
import type { LoopState } from './loop-state.ts';
import type { Replays } from './replays.ts';
import type { Retries } from './retries.ts';
import { PROBE_ITEMS } from './send-window.ts';
import type { Suspect } from './suspect.ts';

/** Which of the things that wait leaves next: a batch that was set aside, a replay, or queued items. */
export class Departures<Item, Batch> {
  readonly #state: LoopState;
  readonly #held: Holdings<Item, Batch>;
  readonly #limits: AdaptiveLimits;
  readonly #attempts: Attempts<Item, Batch>;
  readonly #retries: Retries<Item, Batch>;
  readonly #replays: Replays<Item, Batch>;
  readonly #onRoom: () => void;

  constructor(
    state: LoopState,
    held: Holdings<Item, Batch>,
    limits: AdaptiveLimits,
    attempts: Attempts<Item, Batch>,
    retries: Retries<Item, Batch>,
    replays: Replays<Item, Batch>,
    onRoom: () => void,
  ) {
    this.#state = state;
    this.#held = held;
    this.#limits = limits;
    this.#attempts = attempts;
    this.#retries = retries;
    this.#replays = replays;
    this.#onRoom = onRoom;
  }

  /** Whether the queued items fill a batch. */
  get isBatchFull(): boolean {
    return this.#limits.isFullBatch(this.#held.buffer.size, this.#held.queuedBytes);
  }

  /** When the queued items leave. The first call sets the time. */
  dueAt(time: number): number {
    if (this.#state.dueAt === undefined) this.#state.setDue(time + this.#limits.flushIntervalMs);
    return this.#state.dueAt as number;
  }

  /**
   * @param suspect the batch set aside whose turn it is
   * @param hasLive whether items are queued that may leave
   * @returns whether a flush was started
   */
  startNext(suspect: Suspect<Batch> | undefined, hasLive: boolean, time: number): boolean {
    if (suspect !== undefined) {
      this.#retries.start(suspect, time);
      return true;
    }
    const isLiveReady = hasLive && (this.#held.waiters.size > 0 || time >= this.dueAt(time) || this.isBatchFull);
    const replay = this.#replays.next(isLiveReady);
    if (replay !== undefined) {
      this.#held.readmit(replay.replay);
      this.#attempts.start({ kind: 'replay', ...replay }, undefined, time);
      this.#onRoom();
    } else if (isLiveReady) {
      this.#startBatch(time);
    }
    return replay !== undefined || isLiveReady;
  }

  #startBatch(time: number): void {
    const { flights, waiters } = this.#held;
    // A reduced batch leaves items behind that have waited just as long, so they keep their time to leave.
    if (!this.#limits.isReduced && !this.#limits.isProbing) this.#state.setDue(undefined);
    // While other flushes hang, an extra one finds out whether the consumer is back.
    const isExtra = !flights.hasPlace(this.#limits.concurrency);
    const { batchItems, batchBytes } = this.#limits;
    const batch = this.#held.take(isExtra ? Math.min(batchItems, PROBE_ITEMS) : batchItems, batchBytes);
    waiters.onStart(this.#attempts.start({ kind: 'batch', batch }, undefined, time));
    this.#replays.onLiveBatch();
  }
}
