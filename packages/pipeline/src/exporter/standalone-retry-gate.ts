import {
  DEFAULT_CIRCUIT_BREAKER,
  DEFAULT_RETRY,
  type Destination,
  FlushGate,
  type FlushOutcome,
  type FlushStart,
  now,
  startTimer,
} from '@spillway/backpressure';

/**
 * Decides when the deliveries of one exporter may retry: the controller's gate, for exports without a controller. A
 * first attempt never waits, because the caller drops the batch after a failure.
 */
export class RetryGate {
  readonly #gate: FlushGate;
  readonly #waiting = new Set<() => void>();

  constructor(destination: Destination) {
    this.#gate = new FlushGate(DEFAULT_RETRY, DEFAULT_CIRCUIT_BREAKER, destination, () => this.#wake());
  }

  /** A first attempt begins. */
  start(): FlushStart {
    const attempt = { startedAt: now() };
    this.#gate.onStart(attempt);
    return attempt;
  }

  onOutcome(attempt: FlushStart, outcome: FlushOutcome): void {
    if (isNoNews(outcome)) this.#gate.onNoNews(attempt);
    else if (outcome.kind === 'retry' || outcome.kind === 'throttled')
      this.#gate.onFailure(attempt, outcome, now(), false);
    else this.#gate.onAnswer();
  }

  /** The attempt did not end in time, and nobody waits for it any more. */
  onAbandoned(attempt: FlushStart): void {
    this.#gate.onNoNews(attempt);
  }

  /**
   * Begins another attempt as soon as allowed. Resolves with `undefined`, immediately, if that is after the deadline.
   */
  async restart(deadline: number, signal: AbortSignal): Promise<FlushStart | undefined> {
    // Asking the gate when it opens reserves the next probe, so an export that has ended must not ask.
    while (!signal.aborted) {
      const time = now();
      const opensAt = this.#gate.opensAt;
      if (Math.max(opensAt, time) >= deadline) return undefined;
      if (opensAt <= time) return this.start();
      await this.#untilWoken(opensAt - time, signal);
    }
    return undefined;
  }

  close(): void {
    this.#gate.leave();
  }

  /** Resolves after that time, when the gate opens, or when the signal is aborted. */
  #untilWoken(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        timer.cancel();
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      // Awaiting the export keeps the process alive (`OtlpExporter.forceFlush`); the wait for a retry does not.
      const timer = startTimer(wake, milliseconds);
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}

/** Not sent at all, or cut off by the exporter's own deadline or shutdown: this says nothing about the collector. */
function isNoNews(outcome: FlushOutcome): boolean {
  return outcome.kind === 'too_large'
    ? outcome.unsent === true
    : outcome.kind === 'retry' && outcome.error.name === 'AbortError';
}
