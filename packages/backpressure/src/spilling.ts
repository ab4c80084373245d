import type { AdaptiveLimits } from './adaptive-limits.ts';
import { now, startTimer, type Timer } from './clock.ts';
import type { Holdings } from './holdings.ts';
import type { Overflow, SpillOccasion } from './overflow.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import { type Load, PROBE_ITEMS } from './send-window.ts';

/** Without an answer for this long, an outage is expected to outlast the room in memory. Most are shorter. */
const LONG_OUTAGE_MS = 10_000;
/** In an outage, items that do not make a worthwhile batch are spilled together after this: a crash loses no more. */
const GATHERED_FOR_MS = 1_000;
/**
 * An overflow that did not take a batch is asked again after this, unless it is ready before. It is probably full, and
 * asking costs time in a hook.
 */
const ASK_AGAIN_AFTER_MS = 1_000;
/** A batch of at least this share of the bounds is worth spilling, even if it is not full. */
const WORTHWHILE_SHARE = 1 / 16;

type State =
  | { readonly kind: 'ready' }
  /** The overflow is looking at a batch. It is not asked to make room for items that it pushes meanwhile. */
  | { readonly kind: 'taking' }
  | { readonly kind: 'refused'; readonly until: number }
  | { readonly kind: 'ended' };

const READY: State = { kind: 'ready' };
const TAKING: State = { kind: 'taking' };
const ENDED: State = { kind: 'ended' };

/** Is told what spilling does. */
interface SpillingListener {
  /** Items have left. */
  onSpilled(): void;
  /** Something may have to be done in the next turn. */
  onDue(): void;
  /** The controller has ended while the overflow looked at a batch, which it did not take: it is queued again. */
  onRefusedAtEnd(): void;
}

type SpillingConfig<Batch> = Pick<
  ResolvedConfig<never, Batch>,
  'overflow' | 'highWatermark' | 'lowWatermark' | 'maxBufferSize' | 'maxBufferBytes' | 'batchSize' | 'batchBytes'
>;

/**
 * Moves queued batches to the overflow: from the high watermark down to the low one, one batch a turn if nothing can be
 * sent in it; sooner, if a push finds no room; and while an outage lasts.
 */
export class Spilling<Item, Batch> {
  readonly #config: SpillingConfig<Batch>;
  readonly #overflow: Overflow<Batch> | undefined;
  readonly #held: Holdings<Item, Batch>;
  readonly #limits: AdaptiveLimits;
  readonly #listener: SpillingListener;
  readonly #worthwhile: Load;
  readonly #stopListening: (() => void) | undefined;
  #state: State = READY;
  /** Whether items have left that nobody was told of yet. */
  #isNews = false;
  /** Whether too much is held: from the high watermark on, until it is less than the low one. */
  #isRelieving = false;
  #onReadyAgain: (() => void) | undefined;
  #reminder: Timer | undefined;
  #spilledAt = -Infinity;

  constructor(
    config: SpillingConfig<Batch>,
    held: Holdings<Item, Batch>,
    limits: AdaptiveLimits,
    listener: SpillingListener,
  ) {
    this.#config = config;
    this.#overflow = config.overflow;
    this.#held = held;
    this.#limits = limits;
    this.#listener = listener;
    this.#worthwhile = {
      items: Math.min(config.batchSize, config.maxBufferSize * WORTHWHILE_SHARE),
      bytes: Math.min(config.batchBytes, config.maxBufferBytes * WORTHWHILE_SHARE),
    };
    this.#stopListening = this.#overflow?.onReady?.(() => this.#onReady());
  }

  /** Whether the controller has ended, perhaps in a call of the overflow while it looked at a batch. */
  get hasEnded(): boolean {
    return this.#state.kind === 'ended';
  }

  /** Whether the overflow may take some of the queued items. */
  get canSpill(): boolean {
    return this.#overflow !== undefined && this.#held.buffer.size > 0 && this.#isReady(now());
  }

  /** Whether the overflow takes items, as far as is known. Then none has to be sampled out. */
  get takes(): boolean {
    return this.#overflow !== undefined && (this.#state.kind === 'taking' || this.#isReady(now()));
  }

  /** Whether queued items must not leave now. A caller that waits for them has a deadline, so they may. */
  get holdsBack(): boolean {
    return this.#overflow?.goesFirst === true && this.#held.waiters.size === 0;
  }

  /** An item came in, and may have brought what is held to the high watermark. */
  onStored(): void {
    if (this.#isRelieving || this.#fill < this.#config.highWatermark) return;
    this.#isRelieving = true;
    this.#listener.onDue();
  }

  /**
   * Spills batches until there is room for one more item of that many bytes, or no more can be spilled. Call
   * {@link tell} when that item is in.
   */
  makeRoom(bytes: number): void {
    while (!this.#held.occupancy.hasRoomFor(1, bytes) && this.canSpill && this.#spill(0, 'room'));
  }

  /**
   * Spills everything that is queued or set aside.
   * @param maxBatchBytes of each batch; a larger item goes alone. Default: as in a flush
   * @returns whether nothing is left there
   */
  spillAll(maxBatchBytes = Infinity): boolean {
    if (this.#overflow === undefined) return this.#held.buffer.size + this.#held.setAside.size === 0;
    this.#held.returnSetAside();
    while (this.canSpill && this.#spill(0, 'outage', maxBatchBytes));
    this.tell();
    return this.#held.buffer.size === 0;
  }

  /**
   * Spills one batch, if it is time for that. Called in a turn in which nothing could be sent.
   * @param unansweredSince see `Silence`
   * @returns when to call again; `Infinity` if there is nothing to do
   */
  spillOne(time: number, unansweredSince: number): number {
    if (this.#overflow === undefined) return Infinity;
    this.#isRelieving &&= this.#fill >= this.#config.lowWatermark && this.#isWorthwhile;
    // A few items stay, for the probes that find out whether the consumer is back.
    const staying = this.holdsBack ? 0 : PROBE_ITEMS;
    const dueAt = this.#dueAt(time, unansweredSince);
    // More may be queued by then, and perhaps nothing else happens meanwhile.
    if (this.#held.buffer.size <= staying) return dueAt > time ? dueAt : Infinity;
    const at = this.#state.kind === 'refused' ? Math.max(dueAt, this.#state.until) : dueAt;
    if (at > time) return at;
    if (!this.#isReady(time) || !this.#spill(staying, this.#isRelieving ? 'room' : 'outage'))
      return time + ASK_AGAIN_AFTER_MS;
    this.tell();
    return time;
  }

  /**
   * Tells those who wait for room, or for items to leave, if any were spilled since the last call. Not while the
   * overflow looks at a batch: that call comes to here in the end.
   */
  tell(): void {
    if (!this.#isNews || this.#state.kind === 'taking') return;
    this.#isNews = false;
    this.#listener.onSpilled();
  }

  /**
   * Calls the listener each time when an overflow that did not take a batch may be asked again. Producers that wait for
   * room need this, because perhaps nothing else happens meanwhile.
   * @returns a function that removes the listener
   */
  listenForReady(listener: () => void): () => void {
    this.#onReadyAgain = listener;
    this.#remind();
    return () => {
      this.#onReadyAgain = undefined;
      this.#reminder?.cancel();
    };
  }

  /** Nothing is spilled any more. */
  end(): void {
    this.#state = ENDED;
    this.#reminder?.cancel();
    this.#stopListening?.();
  }

  /** How full the bounds are. Replays do not count: spilling live items for them would be in vain. */
  get #fill(): number {
    const { occupancy, flights } = this.#held;
    return occupancy.fillWith(-flights.replays.items, -flights.replays.bytes);
  }

  /** Whether a batch would be large. While most of what is held is in flight, the overflow would get crumbs. */
  get #isWorthwhile(): boolean {
    const { buffer, queuedBytes } = this.#held;
    return buffer.size - PROBE_ITEMS >= this.#worthwhile.items || queuedBytes >= this.#worthwhile.bytes;
  }

  /** When the next batch is to be spilled. */
  #dueAt(time: number, unansweredSince: number): number {
    if (this.holdsBack || this.#isRelieving) return time;
    const next = this.#isWorthwhile ? -Infinity : this.#spilledAt + GATHERED_FOR_MS;
    return Math.max(unansweredSince + LONG_OUTAGE_MS, next);
  }

  #onReady(): void {
    if (this.#state.kind !== 'refused') return;
    this.#state = READY;
    this.#reminder?.cancel();
    this.#listener.onDue();
    this.#onReadyAgain?.();
  }

  #remind(): void {
    this.#reminder?.cancel();
    if (this.#onReadyAgain === undefined || this.#state.kind !== 'refused') return;
    this.#reminder = startTimer(() => this.#onReady(), this.#state.until - now());
  }

  #isReady(time: number): boolean {
    if (this.#state.kind === 'refused' && time >= this.#state.until) this.#state = READY;
    return this.#state.kind === 'ready';
  }

  /** @param staying items that stay in the buffer */
  #spill(staying: number, occasion: SpillOccasion, maxBytes = Infinity): boolean {
    const { buffer } = this.#held;
    const { items, bytes } = this.#limits.largestBatch;
    const batch = this.#held.take(Math.min(items, buffer.size - staying), Math.min(bytes, maxBytes));
    this.#state = TAKING;
    const isTaken = this.#held.spill(batch, (taken, count) => this.#overflow?.take(taken, count, occasion) === true);
    const time = now();
    if (isTaken) {
      this.#isNews = true;
      this.#spilledAt = time;
    }
    if (this.hasEnded) {
      if (!isTaken) this.#listener.onRefusedAtEnd();
    } else {
      this.#state = isTaken ? READY : { kind: 'refused', until: time + ASK_AGAIN_AFTER_MS };
      if (!isTaken) this.#remind();
    }
    return isTaken;
  }
}
