import { startTimer, type Timer } from './clock.ts';
import { type HeldMemory, pressureOn, type PressureSource } from './pressure-source.ts';
import { weakReference } from './weak-reference.ts';

/** How often pressure sources are asked. */
const PRESSURE_INTERVAL_MS = 250;

/** Asks pressure sources at intervals. */
export class PressureWatch {
  readonly #sources: readonly PressureSource[];
  readonly #heldMemory: () => HeldMemory;
  /** The timer must not keep a controller alive that nobody refers to any more. */
  readonly #listener: () => ((utilization: number) => void) | undefined;
  #timer: Timer | undefined;

  /**
   * @param heldMemory what is held now, because a source counts only as far as giving that up would help
   * @param listener told how hard the worst source presses. The owner must keep this function, because the watch does not
   */
  constructor(sources: readonly PressureSource[], heldMemory: () => HeldMemory, listener: (utilization: number) => void) {
    this.#sources = sources;
    this.#heldMemory = heldMemory;
    this.#listener = weakReference(listener);
  }

  start(): void {
    if (this.#sources.length > 0 && this.#timer === undefined) this.#ask();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #ask(): void {
    const listener = this.#listener();
    if (listener === undefined) return;
    listener(pressureOn(this.#heldMemory(), this.#sources));
    this.#timer = startTimer(() => this.#ask(), PRESSURE_INTERVAL_MS);
  }
}
