import { isSaturated, type LoadWindow } from './load-window.ts';

/** Weight of a new saturated window. Windows differ, because batches end in one window or the next by chance. */
const WEIGHT = 0.5;

/** Up to this many windows in a row without a sent item count as time between two large batches. More are an outage. */
const MOST_SILENT_WINDOWS = 4;

/**
 * Estimates how much the consumer can take from how much it took. If more items wait than a window can send, the number
 * sent is the capacity. Otherwise the number sent is only what arrived, and the capacity is at least as great.
 *
 * An outage says nothing about the time after it, so the estimate stays.
 */
export class SendCapacity {
  #perSecond: number | undefined;
  #silentWindows = 0;
  #silentSeconds = 0;

  /** Items a second; `undefined` until an item was sent. */
  get perSecond(): number | undefined {
    return this.#perSecond;
  }

  /** @param isOnset if this window is saturated, it is the first of a new load, and older estimates may be outdated */
  onWindow(window: LoadWindow, isOnset: boolean): void {
    if (window.sent === 0) {
      this.#silentWindows += 1;
      this.#silentSeconds += window.seconds;
      return;
    }
    const silentSeconds = this.#silentWindows <= MOST_SILENT_WINDOWS ? this.#silentSeconds : 0;
    this.#silentWindows = 0;
    this.#silentSeconds = 0;
    const rate = window.sent / (silentSeconds + window.seconds);
    const known = this.#perSecond;
    if (known === undefined || (isOnset && isSaturated(window))) this.#perSecond = rate;
    else if (isSaturated(window)) this.#perSecond = known + WEIGHT * (rate - known);
    else this.#perSecond = Math.max(known, rate);
  }
}
