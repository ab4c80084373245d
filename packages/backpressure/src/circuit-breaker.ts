/** When to stop calling a consumer that is down. */
export interface CircuitBreakerOptions {
  /**
   * Rounds of failures in a row that open the circuit. Flushes that were in flight together fail as one round.
   * Default 5. `Infinity` never opens.
   */
  readonly failureThreshold?: number;
}

export type ResolvedCircuitBreakerOptions = Required<CircuitBreakerOptions>;

/** The defaults of {@link CircuitBreakerOptions}. */
export const DEFAULT_CIRCUIT_BREAKER: ResolvedCircuitBreakerOptions = { failureThreshold: 5 };

/** `closed`: flushes flow. `open`: one probe at a time, after growing pauses. `half_open`: that probe is in flight. */
export type CircuitState = 'closed' | 'open' | 'half_open';
