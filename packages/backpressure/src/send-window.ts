/** What is sent first after a time-out, and as a probe: little enough for a receiver that is nearly stuck. */
export const PROBE_ITEMS = 4;

/** Growth of the window for each item delivered. `quick` doubles it with each round. */
const GROWTH = { quick: 1, careful: 1 / 8, wary: 1 / 64 };
/** From twice the threshold on, which is what timed out, growth is as quick as at first. */
const CAREFUL_UNTIL = 2;
/** A flush that takes more than these shares of the time after which one failed calls for careful and for wary growth. */
const SLOW = { careful: 1 / 4, wary: 1 / 2 };
/** A latency that is no more than this many times the shortest is not due to the size: to send less would not help. */
const SAME_LATENCY = 2;

/** Items and bytes: what is in flight, or may be. */
export interface Load {
  readonly items: number;
  readonly bytes: number;
}

interface Window {
  items: number;
  bytes: number;
  /** Half of what timed out. */
  readonly threshold: Load;
  /** How long a flush took that timed out; `Infinity` where it failed in another way. */
  readonly failedAfterMs: number;
  shortestMs: number;
  /** `reduced`: while others got through. `growing`: something was delivered since. */
  state: 'collapsed' | 'reduced' | 'growing';
}

/**
 * How much may be in flight after a time-out, all flushes together: they share the receiver, and the way to it.
 *
 * It works as congestion control does in TCP (RFC 5681): a time-out while nothing gets through brings the window down to
 * a few items, and a further one to half of that, down to one. Deliveries double it with each round up to half of what
 * timed out, and let it grow by an eighth from there. A time-out while others get through halves it. Latency that grows
 * with the window slows its growth down before flushes time out again. Without a time-out there is no window.
 */
export class SendWindow {
  readonly #capacity: Load;
  readonly #mayOverlap: boolean;
  #window: Window | undefined;
  /** Flushes that began before were answered by the reduction of that moment. */
  #reducedAt = -Infinity;

  /**
   * @param capacity what may be in flight without a window. A window as large is none
   * @param mayOverlap whether several flushes may be in flight
   */
  constructor(capacity: Load, mayOverlap: boolean) {
    this.#capacity = capacity;
    this.#mayOverlap = mayOverlap;
  }

  get isOpen(): boolean {
    return this.#window === undefined;
  }

  /** Nothing got through when it was reduced last, nor has anything since. */
  get isCollapsed(): boolean {
    return this.#window?.state === 'collapsed';
  }

  /**
   * Items that one flush may carry. Half of the window, where there may be several: while the receiver works on one, the
   * next is on its way, and each is answered sooner than a larger one would be.
   */
  get itemsOfFlush(): number {
    return this.#window === undefined ? Infinity : Math.max(1, Math.floor(this.#window.items * this.#shareOf(this.#window)));
  }

  /** Bytes that one flush may carry, as {@link itemsOfFlush}. */
  get bytesOfFlush(): number {
    return this.#window === undefined ? Infinity : this.#window.bytes * this.#shareOf(this.#window);
  }

  /** Flushes of that size that fit the window, at least one. */
  flushesOf({ items, bytes }: Load): number {
    if (this.#window === undefined) return Infinity;
    return Math.max(1, Math.floor(Math.min(this.#window.items / items, bytes === 0 ? Infinity : this.#window.bytes / bytes)));
  }

  /**
   * A flush timed out, or nothing gets through for another reason that may be its size.
   * @param load what was in flight when it began, itself included
   * @param takesOthers whether others were delivered meanwhile
   * @param afterMs how long it took to time out; `Infinity` where it did not
   */
  reduce(load: Load, startedAt: number, takesOthers: boolean, afterMs: number, time: number): void {
    if (startedAt < this.#reducedAt) return;
    this.#reducedAt = time;
    const before = this.#window;
    const loadThen: Load = { items: Math.min(load.items, before?.items ?? Infinity), bytes: load.bytes === 0 ? Infinity : Math.min(load.bytes, before?.bytes ?? Infinity) };
    const half = share(loadThen, 1 / 2);
    const isFurther = takesOthers || before?.state === 'collapsed';
    const size = isFurther ? half : share(loadThen, Math.min(1, PROBE_ITEMS / loadThen.items));
    this.#window = {
      items: Math.max(1, size.items),
      bytes: size.bytes,
      // A window that has not delivered anything since tells nothing new.
      threshold: before?.state !== 'collapsed' ? half : before.threshold,
      failedAfterMs: afterMs,
      shortestMs: Infinity,
      state: takesOthers ? 'reduced' : 'collapsed',
    };
  }

  #shareOf({ items }: Load): number {
    return this.#mayOverlap && items > PROBE_ITEMS ? 1 / 2 : 1;
  }

  onDelivered(items: number, bytes: number, latencyMs: number): void {
    const window = this.#window;
    if (window === undefined) return;
    window.state = 'growing';
    window.shortestMs = Math.min(window.shortestMs, latencyMs);
    const { threshold } = window;
    const reached = Math.max(window.items / threshold.items, threshold.bytes === Infinity ? 0 : window.bytes / threshold.bytes);
    const growth = growthAt(reached, latencyMs <= SAME_LATENCY * window.shortestMs ? 0 : latencyMs / window.failedAfterMs);
    window.items += items * growth;
    window.bytes += bytes * growth;
    const { items: mostItems, bytes: mostBytes } = this.#capacity;
    if (window.items >= mostItems && (mostBytes === Infinity || window.bytes >= mostBytes)) this.#window = undefined;
  }
}

/** @param reached the window as a share of the threshold @param slowness a latency as a share of the time after which a flush failed */
function growthAt(reached: number, slowness: number): number {
  // Never none: more in flight may be what a receiver needs that works on several requests at once.
  if (slowness > SLOW.wary) return GROWTH.wary;
  return slowness > SLOW.careful || (reached >= 1 && reached < CAREFUL_UNTIL) ? GROWTH.careful : GROWTH.quick;
}

function share(load: Load, factor: number): Load {
  return { items: load.items * factor, bytes: load.bytes * factor };
}
