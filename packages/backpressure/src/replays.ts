import type { AdaptiveLimits } from './adaptive-limits.ts';
import type { FlushOutcome } from './flush-outcome.ts';
import type { Flight } from './flights.ts';
import type { Holdings } from './holdings.ts';
import type { PendingReplay, Readmission, Replay } from './replay.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import type { Fate } from './settlement.ts';

/** At most this share of the flushes in flight may carry replays, but at least one may. */
const MOST_SHARE = 1 / 4;
/** While live batches are ready all the time, this many of them leave before the next replay does. */
const LIVE_PER_REPLAY = 3;

/** The replays that wait for their turn. Live batches come first, but cannot hold replays up for good. */
export class Replays<Item, Batch> {
  readonly #held: Holdings<Item, Batch>;
  readonly #limits: AdaptiveLimits;
  readonly #pending: PendingReplay[] = [];
  readonly #most: number;
  readonly #highWatermark: number;
  #liveSinceReplay = 0;

  constructor(
    held: Holdings<Item, Batch>,
    limits: AdaptiveLimits,
    {
      maxConcurrentFlushes,
      highWatermark,
    }: Pick<ResolvedConfig<Item, Batch>, 'maxConcurrentFlushes' | 'highWatermark'>,
  ) {
    this.#held = held;
    this.#limits = limits;
    this.#highWatermark = highWatermark;
    this.#most = Math.max(1, Math.floor(maxConcurrentFlushes * MOST_SHARE));
  }

  /**
   * Whether a replay waits that may leave. None leaves during a drain, which has a deadline and is about items in
   * memory.
   */
  get areWaiting(): boolean {
    return this.#pending.length > 0 && this.#held.waiters.size === 0;
  }

  /** Resolves when the replay has been sent and answered, or at the end. */
  add(replay: Replay): Promise<Readmission> {
    return new Promise((resolve) => this.#pending.push({ replay, resolve }));
  }

  /** A batch from the buffer has left. */
  onLiveBatch(): void {
    this.#liveSinceReplay += 1;
  }

  /**
   * Takes the replay that is to leave now, if there is one.
   * @param isLiveReady whether a batch from the buffer could leave instead
   */
  next(isLiveReady: boolean): PendingReplay | undefined {
    const [first] = this.#pending;
    if (
      first === undefined ||
      !this.areWaiting ||
      !this.#mayLeave(first.replay) ||
      (isLiveReady && this.#liveSinceReplay < LIVE_PER_REPLAY)
    )
      return undefined;
    this.#liveSinceReplay = 0;
    return this.#pending.shift();
  }

  /** A replay has been answered. @param flight does nothing if it carries something else */
  onSettled({ cargo }: Flight<Batch>, outcome: FlushOutcome, fate: Fate): void {
    if (cargo.kind !== 'replay') return;
    const { resolve } = cargo;
    if (fate === 'settled') resolve({ kind: 'settled', outcome });
    else resolve({ kind: 'kept', outcome, othersSucceed: fate === 'kept aside' });
  }

  /** Ends all replays without a result, also those in flight. Their items stay with the overflow. */
  end(): void {
    for (const { resolve } of this.#pending.splice(0)) resolve({ kind: 'kept' });
    const { flights } = this.#held;
    for (const flight of [...flights]) {
      if (flight.cargo.kind !== 'replay') continue;
      flights.remove(flight);
      this.#held.keepReplay(flight);
      flight.cargo.resolve({ kind: 'kept' });
      // Last, because aborting calls listeners, and they may look at the counters.
      flight.abort.abort();
    }
  }

  #mayLeave({ items, bytes }: Replay): boolean {
    const { buffer, flights, occupancy } = this.#held;
    if (flights.replays.flushes >= this.#most || !occupancy.hasRoomFor(items, bytes)) return false;
    // One may fill the bounds, because it must leave some time. More of them must not push live items out.
    if (flights.replays.flushes > 0 && occupancy.fillWith(items, bytes) > this.#highWatermark) return false;
    // A replay cannot be made smaller, so small batches find out first whether the consumer is well.
    return buffer.size === 0 || !(this.#limits.isProbing || this.#limits.isReduced);
  }
}
