/** How hard the producer presses on the consumer, told by how full the buffer is. */
export const BackpressureState = {
  /** Below the low watermark. */
  NORMAL: 'normal',
  /** From the low watermark. */
  ELEVATED: 'elevated',
  /** From the high watermark. */
  CRITICAL: 'critical',
  /** Full. */
  BLOCKED: 'blocked',
  /** A drain is running: nothing new is taken in. */
  DRAINING: 'draining',
} as const;

/** One of the values of {@link BackpressureState}. */
export type BackpressureState = (typeof BackpressureState)[keyof typeof BackpressureState];

/** Utilization must fall this far (a share) below the threshold that raised the state before the state falls. */
const HYSTERESIS = 0.05;

type Level = Exclude<BackpressureState, 'draining'>;
type StateListener = (state: BackpressureState, previous: BackpressureState) => void;

const LEVELS: readonly Level[] = ['normal', 'elevated', 'critical', 'blocked'];

/**
 * Turns utilization into a state. Rising is immediate; falling needs a little more room than rising took, so that a
 * buffer that hovers at a watermark does not flap.
 */
export class StateMachine {
  #level = 0;
  #draining = false;
  readonly #thresholds: readonly number[];
  readonly #listener: StateListener | undefined;
  /** The state stays as it is from `#fallsBelow` up to, and without, `#risesFrom`. */
  #fallsBelow = 0;
  #risesFrom = 0;

  constructor(lowWatermark: number, highWatermark: number, listener?: StateListener) {
    this.#thresholds = [0, lowWatermark, highWatermark, 1];
    this.#listener = listener;
    this.#setRange();
  }

  get state(): BackpressureState {
    return this.#draining ? BackpressureState.DRAINING : (LEVELS[this.#level] as Level);
  }

  /** Whether the buffer is below the low watermark, whatever else is going on. */
  get isNormal(): boolean {
    return this.#level === 0;
  }

  /** Utilization from which the state rises next; `Infinity` when it is at the top. */
  get risesFrom(): number {
    return this.#risesFrom;
  }

  /** @param utilization 0 when empty, 1 when full; more than 1 is full */
  update(utilization: number): void {
    if (utilization >= this.#risesFrom || utilization < this.#fallsBelow) this.#setLevel(utilization);
  }

  setDraining(draining: boolean): void {
    this.#change(() => (this.#draining = draining));
  }

  #setLevel(utilization: number): void {
    let level = this.#level;
    while (level < 3 && utilization >= (this.#thresholds[level + 1] as number)) level += 1;
    while (level > 0 && utilization < (this.#thresholds[level] as number) * (1 - HYSTERESIS)) level -= 1;
    this.#change(() => {
      this.#level = level;
      this.#setRange();
    });
  }

  #setRange(): void {
    this.#fallsBelow = this.#level === 0 ? -Infinity : (this.#thresholds[this.#level] as number) * (1 - HYSTERESIS);
    this.#risesFrom = this.#thresholds[this.#level + 1] ?? Infinity;
  }

  #change(apply: () => void): void {
    const previous = this.state;
    apply();
    if (this.state !== previous) this.#listener?.(this.state, previous);
  }
}
