import { BackpressureController, type BackpressureControllerConfig, type FlushOutcome } from '@spillway/backpressure';
import { type CircuitBreakerPolicy, isBrokenCircuitError } from 'cockatiel';

export interface Invoice {
  readonly id: number;
}

/** Saves a batch at the service, in one attempt. */
export type SaveInvoices = (batch: readonly Invoice[]) => Promise<void>;

/**
 * Writes invoices to a service that a circuit breaker of the application already protects.
 *
 * @param breaker the one that all other calls of that service go through
 * @param halfOpenAfterMs the time for which it stays open, and no call is worth an attempt
 */
export function invoiceWriter(
  save: SaveInvoices,
  breaker: CircuitBreakerPolicy,
  halfOpenAfterMs: number,
  options: BackpressureControllerConfig<Invoice> = {},
): BackpressureController<Invoice> {
  const attempt = async (batch: readonly Invoice[]): Promise<FlushOutcome> => {
    try {
      await breaker.execute(() => save(batch));
      return { kind: 'delivered' };
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error; // a failure of the service itself: the controller repeats it
      return { kind: 'throttled', error, retryAfterMs: halfOpenAfterMs };
    }
  };
  const invoices = new BackpressureController<Invoice>(attempt, {
    batchSize: 100,
    // The application's breaker decides when the service is down. Two that decide would wait for each other.
    circuitBreaker: { failureThreshold: Infinity },
    ...options,
  });
  invoices.start();
  return invoices;
}
