import { isSaturated, type LoadWindow } from './load-window.ts';

/** Weight of a new saturated window. Windows differ by the batches that happen to end in them. */
const WEIGHT = 0.5;

/** Windows in a row without anything sent that are counted as time between two large batches. More are an outage. */
const MOST_SILENT_WINDOWS = 4;

/**
 * How much the consumer can take, from what it took. Where more waits than a window can send, that is its capacity. Where
 * not, it is what came in, and says only that the capacity is at least as much.
 *
 * An outage says nothing of the time after it: the estimate stays.
 */
export class SendCapacity {
  #perSecond: number | undefined;
  #silentWindows = 0;
  #silentSeconds = 0;

  /** Items a second; `undefined` before anything was sent. */
  get perSecond(): number | undefined {
    return this.#perSecond;
  }

  /** @param isOnset a saturated window now is the first of a new load: older estimates may be of another time */
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
