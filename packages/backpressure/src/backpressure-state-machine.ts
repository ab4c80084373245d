import { BackpressureState } from './backpressure-state.ts';
import { now } from './clock.ts';
import type { Life } from './life.ts';
import type { Observers } from './observers.ts';
import type { Occupancy } from './occupancy.ts';

/** Utilization must fall this far (a share) below the threshold that raised the state before the state falls. */
const HYSTERESIS = 0.05;

type Level = Exclude<BackpressureState, 'draining'>;

const LEVELS: readonly Level[] = ['normal', 'elevated', 'critical', 'blocked'];

/**
 * Turns utilization and the controller's life into a state. It rises immediately. It falls only with a little more room
 * than there was when it rose, so that it does not flap while the buffer hovers at a watermark.
 */
export class StateMachine {
  #level = 0;
  /** The state that observers were last told. */
  #state: BackpressureState = BackpressureState.NORMAL;
  #since = now();
  readonly #thresholds: readonly number[];
  readonly #occupancy: Pick<Occupancy, 'utilization' | 'watchFor'>;
  readonly #lifeOf: () => Life['kind'];
  readonly #observers: Pick<Observers, 'onStateChange'>;
  /**
   * The state stays the same from `#fallsBelow` up to, but not including, `#risesFrom`, which is `Infinity` at the top.
   */
  #fallsBelow = 0;
  #risesFrom = 0;

  constructor(
    { lowWatermark, highWatermark }: { readonly lowWatermark: number; readonly highWatermark: number },
    occupancy: Pick<Occupancy, 'utilization' | 'watchFor'>,
    lifeOf: () => Life['kind'],
    observers: Pick<Observers, 'onStateChange'>,
  ) {
    this.#thresholds = [0, lowWatermark, highWatermark, 1];
    this.#occupancy = occupancy;
    this.#lifeOf = lifeOf;
    this.#observers = observers;
    this.#setRange();
  }

  get state(): BackpressureState {
    return this.#state;
  }

  /** When the state last changed, on the clock of `now()`. */
  get since(): number {
    return this.#since;
  }

  /** Whether utilization is below the low watermark, even during a drain. */
  get isNormal(): boolean {
    return this.#level === 0;
  }

  /** Items have come or gone. A utilization above 1 counts as full. */
  update(): void {
    const { utilization } = this.#occupancy;
    if (utilization >= this.#risesFrom || utilization < this.#fallsBelow) this.#setLevel(utilization);
    this.#occupancy.watchFor(this.#risesFrom);
  }

  /** The controller's life has changed. */
  onLife(): void {
    this.#tell();
  }

  #setLevel(utilization: number): void {
    let level = this.#level;
    while (level < 3 && utilization >= (this.#thresholds[level + 1] as number)) level += 1;
    while (level > 0 && utilization < (this.#thresholds[level] as number) * (1 - HYSTERESIS)) level -= 1;
    this.#level = level;
    this.#setRange();
    // Before observers are told, because they may push.
    this.#occupancy.watchFor(this.#risesFrom);
    this.#tell();
  }

  #setRange(): void {
    this.#fallsBelow = this.#level === 0 ? -Infinity : (this.#thresholds[this.#level] as number) * (1 - HYSTERESIS);
    this.#risesFrom = this.#thresholds[this.#level + 1] ?? Infinity;
  }

  #tell(): void {
    const previous = this.#state;
    this.#state = this.#current();
    if (this.#state === previous) return;
    this.#since = now();
    this.#observers.onStateChange(this.#state, previous);
  }

  #current(): BackpressureState {
    const life = this.#lifeOf();
    return life === 'draining' || life === 'closing' ? BackpressureState.DRAINING : (LEVELS[this.#level] as Level);
  }
}
