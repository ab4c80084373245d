import type { AdaptiveLimits } from './adaptive-limits.ts';
import { now, startTimer, type Timer } from './clock.ts';
import type { Holdings } from './holdings.ts';
import type { Overflow } from './overflow.ts';
import { PROBE_ITEMS } from './send-window.ts';

/** An outage longer than this is expected to outlast the room in memory. Most are shorter, and need no disk. */
const LONG_OUTAGE_MS = 10_000;
/**
 * An overflow that did not take a batch is asked again after this. It is probably full, and asking costs time in a
 * hook.
 */
const ASK_AGAIN_AFTER_MS = 1_000;

type State =
  | { readonly kind: 'ready' }
  /** The overflow is looking at a batch. It is not asked to make room for items that it pushes meanwhile. */
  | { readonly kind: 'taking' }
  | { readonly kind: 'refused'; readonly until: number };

const READY: State = { kind: 'ready' };

/** Moves queued batches to the overflow. */
export class Spilling<Item, Batch> {
  readonly #overflow: Overflow<Batch> | undefined;
  readonly #held: Holdings<Item, Batch>;
  readonly #limits: AdaptiveLimits;
  readonly #onSpilled: () => void;
  #state: State = READY;
  /** Whether items have left that nobody was told of yet. */
  #isNews = false;
  #onReadyAgain: (() => void) | undefined;
  #reminder: Timer | undefined;
  #outSince: number | undefined;

  /** @param onSpilled called by {@link tell} if items have left */
  constructor(
    overflow: Overflow<Batch> | undefined,
    held: Holdings<Item, Batch>,
    limits: AdaptiveLimits,
    onSpilled: () => void,
  ) {
    this.#overflow = overflow;
    this.#held = held;
    this.#limits = limits;
    this.#onSpilled = onSpilled;
  }

  /** Whether the overflow may take some of the queued items. */
  get canSpill(): boolean {
    return this.#overflow !== undefined && this.#held.buffer.size > 0 && this.#isReady(now());
  }

  /**
   * Spills batches until there is room for one more item of that many bytes, or no more can be spilled. Call
   * {@link tell} when that item is in.
   */
  makeRoom(bytes: number): void {
    while (!this.#held.occupancy.hasRoomFor(1, bytes) && this.canSpill && this.#spill(0));
  }

  /**
   * While the circuit stays open, spills one batch. A few items stay, for the probes that find out whether the consumer
   * is back.
   * @returns when to call again; `Infinity` if there is nothing to do
   */
  onCircuit(isClosed: boolean, time: number): number {
    if (this.#overflow === undefined) return Infinity;
    this.#outSince = isClosed ? undefined : (this.#outSince ?? time);
    if (this.#outSince === undefined || this.#held.buffer.size <= PROBE_ITEMS) return Infinity;
    const from = Math.max(
      this.#outSince + LONG_OUTAGE_MS,
      this.#state.kind === 'refused' ? this.#state.until : -Infinity,
    );
    if (time < from) return from;
    return this.#isReady(time) && this.#spill(PROBE_ITEMS) ? time : time + ASK_AGAIN_AFTER_MS;
  }

  /**
   * Tells those who wait for room, or for items to leave, if any were spilled since the last call. Not while the
   * overflow looks at a batch: that call comes to here in the end.
   */
  tell(): void {
    if (!this.#isNews || this.#state.kind === 'taking') return;
    this.#isNews = false;
    this.#onSpilled();
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

  #remind(): void {
    this.#reminder?.cancel();
    const listener = this.#onReadyAgain;
    if (listener === undefined || this.#state.kind !== 'refused') return;
    this.#reminder = startTimer(() => {
      this.#state = READY;
      listener();
    }, this.#state.until - now());
  }

  #isReady(time: number): boolean {
    if (this.#state.kind === 'refused' && time >= this.#state.until) this.#state = READY;
    return this.#state.kind === 'ready';
  }

  /** @param staying items that stay in the buffer */
  #spill(staying: number): boolean {
    const { buffer } = this.#held;
    const { items, bytes } = this.#limits.largestBatch;
    const batch = buffer.take(Math.min(items, buffer.size - staying), bytes);
    this.#state = { kind: 'taking' };
    const isTaken = this.#held.spill(batch, (taken, count) => this.#overflow?.take(taken, count) === true);
    this.#state = isTaken ? READY : { kind: 'refused', until: now() + ASK_AGAIN_AFTER_MS };
    if (isTaken) this.#isNews = true;
    else this.#remind();
    return isTaken;
  }
}
