/** The result of a drain. */
export interface DrainResult {
  /** Items delivered while it ran. */
  readonly flushed: number;
  /** Items that failed for good while it ran. */
  readonly failed: number;
  /** Items still held at its end. */
  readonly remaining: number;
}

/** How long a drain, flush or close may take. */
export interface DrainOptions {
  /** Milliseconds. Default: `drainTimeoutMs` of the controller. */
  readonly timeoutMs?: number;
  /**
   * Milliseconds to wait for a consumer that was never there: every attempt so far has failed immediately with
   * `unreachable`. The call makes at least one attempt. A consumer that has answered before, or that hangs, gets the
   * whole `timeoutMs`. Default: `Infinity`.
   */
  readonly absentAfterMs?: number;
}

/** @throws RangeError for a time that is not a number from 0 */
export function resolveDrainOptions(options: DrainOptions, defaultTimeoutMs: number): Required<DrainOptions> {
  const { timeoutMs = defaultTimeoutMs, absentAfterMs = Infinity } = options;
  for (const [name, value] of Object.entries({ timeoutMs, absentAfterMs })) {
    if (typeof value !== 'number' || !(value >= 0))
      throw new RangeError(`${name} must be at least 0, got ${String(value)}`);
  }
  return { timeoutMs, absentAfterMs };
}
