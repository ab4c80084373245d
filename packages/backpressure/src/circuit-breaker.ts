/** When to stop calling a consumer that is down. */
export interface CircuitBreakerOptions {
  /**
   * Rounds of failures in a row that open the circuit. Flushes that were in flight together fail as one round.
   * Default 5. `Infinity` never opens.
   */
  readonly failureThreshold?: number;
}

export type ResolvedCircuitBreakerOptions = Required<CircuitBreakerOptions>;

/** `closed`: flushes flow. `open`: one probe at a time, after growing pauses. `half_open`: that probe is in flight. */
export type CircuitState = 'closed' | 'open' | 'half_open';

type Circuit =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open' }
  | { readonly kind: 'half_open'; readonly probe: object };

/**
 * Never refuses everything: while the circuit is open one probe with one batch is let through at a time. How long the
 * pauses between probes are is the backoff's affair, so there is one place that decides about waiting.
 */
export class CircuitBreaker {
  readonly #threshold: number;
  #circuit: Circuit = { kind: 'closed', failures: 0 };

  constructor(options: ResolvedCircuitBreakerOptions) {
    this.#threshold = options.failureThreshold;
  }

  get state(): CircuitState {
    return this.#circuit.kind;
  }

  /** The most flushes in flight that the circuit allows. */
  get maxInFlight(): number {
    return this.#circuit.kind === 'closed' ? Infinity : 1;
  }

  /** @param flush the identity by which a late result of an older flush is told from the probe's */
  onStart(flush: object): void {
    if (this.#circuit.kind === 'open') this.#circuit = { kind: 'half_open', probe: flush };
  }

  /** @returns true when this answer closed an open circuit */
  onAnswer(): boolean {
    const wasClosed = this.#circuit.kind === 'closed';
    this.#circuit = { kind: 'closed', failures: 0 };
    return !wasClosed;
  }

  /** @param firstOfRound flushes that were in flight together fail as one; the probe's own failure counts in any case */
  onFailure(flush: object, firstOfRound: boolean): void {
    if (this.#circuit.kind === 'closed') {
      if (!firstOfRound) return;
      const failures = this.#circuit.failures + 1;
      this.#circuit = failures >= this.#threshold ? { kind: 'open' } : { kind: 'closed', failures };
    } else if (this.#circuit.kind === 'half_open' && this.#circuit.probe === flush) {
      this.#circuit = { kind: 'open' };
    }
  }

  /** The consumer asked the probe to wait: it lives, but the circuit stays as careful as it was. */
  onThrottled(flush: object): void {
    if (this.#circuit.kind === 'half_open' && this.#circuit.probe === flush) this.#circuit = { kind: 'open' };
  }
}
