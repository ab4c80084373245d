import { startTimer, type Timer } from './clock.ts';
import { type HeldMemory, pressureOn, type PressureSource } from './pressure-source.ts';
import { weakReference } from './weak-reference.ts';

/** How often pressure sources are asked. */
const PRESSURE_INTERVAL_MS = 250;

/** Is told how high the pressure is. */
export interface PressureListener {
  /** The memory held now. A source counts only as far as giving that up would help. */
  heldMemory(): HeldMemory;
  /** @param utilization of the worst source */
  onPressure(utilization: number): void;
}

/** Asks pressure sources at intervals. */
export class PressureWatch {
  readonly #sources: readonly PressureSource[];
  /** Weak, so that the timer does not keep an abandoned controller alive, nor anything that it holds. */
  readonly #listener: () => PressureListener | undefined;
  #timer: Timer | undefined;

  /** @param listener its owner must keep it, because the watch has only a weak reference to it */
  constructor(sources: readonly PressureSource[], listener: PressureListener) {
    this.#sources = sources;
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
    // First the timer: the listener may stop this watch.
    this.#timer = startTimer(() => this.#ask(), PRESSURE_INTERVAL_MS);
    listener.onPressure(pressureOn(listener.heldMemory(), this.#sources));
  }
}
