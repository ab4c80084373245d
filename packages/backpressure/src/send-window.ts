/** Items in a probe, and in the first flush after a time-out: few enough for a receiver that is nearly stuck. */
export const PROBE_ITEMS = 4;

/** Growth of the window for each item delivered. `quick` doubles it with each round. */
const GROWTH = { quick: 1, careful: 1 / 8, wary: 1 / 64 };
/** At twice the threshold, the window has reached the load that timed out. From there on, it grows quickly again. */
const CAREFUL_UNTIL = 2;
/** If a flush takes more than this share of the time after which one timed out, growth is careful or wary. */
const SLOW = { careful: 1 / 4, wary: 1 / 2 };
/** A latency up to this many times the shortest one is not due to the size, so sending less would not help. */
const SAME_LATENCY = 2;

/** An amount of items and bytes, such as those in flight. */
export interface Load {
  readonly items: number;
  readonly bytes: number;
}

interface Window {
  items: number;
  bytes: number;
  /** Half of the load that timed out. */
  readonly threshold: Load;
  /** How long the flush took that timed out; `Infinity` if it failed in another way. */
  readonly failedAfterMs: number;
  shortestMs: number;
  /** `collapsed`: nothing got through. `reduced`: others got through. `growing`: a flush was delivered since. */
  state: 'collapsed' | 'reduced' | 'growing';
}

/**
 * How much all flushes together may have in flight after a time-out, because they share the receiver and the network.
 *
 * It works like congestion control in TCP (RFC 5681). A time-out while nothing gets through reduces the window to a few
 * items, and each further one halves it, down to one item. Deliveries double it each round, up to half of the load that
 * timed out. From there on, they let it grow by an eighth each round. A time-out while others get through halves it. If
 * latency grows with the window, the window grows more slowly, before flushes time out again. Without a time-out, there
 * is no window.
 */
export class SendWindow {
  readonly #capacity: Load;
  readonly #mayOverlap: boolean;
  #window: Window | undefined;
  /** When the window was last reduced. A flush that started earlier does not reduce it again. */
  #reducedAt = -Infinity;

  /**
   * @param capacity what may be in flight without a window. A window that has grown to this is removed
   * @param mayOverlap whether several flushes may be in flight
   */
  constructor(capacity: Load, mayOverlap: boolean) {
    this.#capacity = capacity;
    this.#mayOverlap = mayOverlap;
  }

  get isOpen(): boolean {
    return this.#window === undefined;
  }

  /** Nothing got through when the window was last reduced, nor since. */
  get isCollapsed(): boolean {
    return this.#window?.state === 'collapsed';
  }

  /**
   * Items that one flush may carry: half of the window, if several flushes may be in flight. While the receiver works
   * on one, the next is on its way, and each gets its answer sooner than a larger one would.
   */
  get itemsOfFlush(): number {
    return this.#window === undefined
      ? Infinity
      : Math.max(1, Math.floor(this.#window.items * this.#shareOf(this.#window)));
  }

  /** Bytes that one flush may carry, like {@link itemsOfFlush}. */
  get bytesOfFlush(): number {
    return this.#window === undefined ? Infinity : this.#window.bytes * this.#shareOf(this.#window);
  }

  /** Flushes of that size that fit the window, at least one. */
  flushesOf({ items, bytes }: Load): number {
    if (this.#window === undefined) return Infinity;
    return Math.max(
      1,
      Math.floor(Math.min(this.#window.items / items, bytes === 0 ? Infinity : this.#window.bytes / bytes)),
    );
  }

  /**
   * A flush timed out, or nothing gets through and the size of the flush may be why.
   * @param load what was in flight when it started, including itself
   * @param takesOthers whether others were delivered meanwhile
   * @param afterMs how long it took to time out; `Infinity` if it did not
   */
  reduce(load: Load, startedAt: number, takesOthers: boolean, afterMs: number, time: number): void {
    if (startedAt < this.#reducedAt) return;
    this.#reducedAt = time;
    const before = this.#window;
    const loadThen: Load = {
      items: Math.min(load.items, before?.items ?? Infinity),
      bytes: load.bytes === 0 ? Infinity : Math.min(load.bytes, before?.bytes ?? Infinity),
    };
    const half = share(loadThen, 1 / 2);
    const isFurther = takesOthers || before?.state === 'collapsed';
    const size = isFurther ? half : share(loadThen, Math.min(1, PROBE_ITEMS / loadThen.items));
    this.#window = {
      items: Math.max(1, size.items),
      bytes: size.bytes,
      // A window that has delivered nothing since says nothing new.
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
    const reached = Math.max(
      window.items / threshold.items,
      threshold.bytes === Infinity ? 0 : window.bytes / threshold.bytes,
    );
    const growth = growthAt(
      reached,
      latencyMs <= SAME_LATENCY * window.shortestMs ? 0 : latencyMs / window.failedAfterMs,
    );
    window.items += items * growth;
    window.bytes += bytes * growth;
    const { items: mostItems, bytes: mostBytes } = this.#capacity;
    if (window.items >= mostItems && (mostBytes === Infinity || window.bytes >= mostBytes)) this.#window = undefined;
  }
}

/**
 * @param reached the window as a share of the threshold
 * @param slowness a latency as a share of the time after which a flush timed out
 */
function growthAt(reached: number, slowness: number): number {
  // Never 0, because a receiver that works on several requests at once may need more in flight.
  if (slowness > SLOW.wary) return GROWTH.wary;
  return slowness > SLOW.careful || (reached >= 1 && reached < CAREFUL_UNTIL) ? GROWTH.careful : GROWTH.quick;
}

function share(load: Load, factor: number): Load {
  return { items: load.items * factor, bytes: load.bytes * factor };
}
