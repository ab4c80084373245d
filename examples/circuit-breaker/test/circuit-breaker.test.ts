import { runProgram } from '@spillway/test/example';
import { CircuitState, circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { describe, expect, it } from 'vitest';
import { type Invoice, invoiceWriter } from '../src/invoice-writer.ts';

const EXAMPLE = new URL('..', import.meta.url);
const PATIENCE_MILLIS = 60_000;
const HALF_OPEN_AFTER_MS = 20;
const FAILURES_TO_OPEN = 3;

describe('the example of a circuit breaker', () => {
  it(
    'saves every invoice although the service is down at first',
    async () => {
      // Runs the built package.
      const { code, stdout, stderr } = await runProgram(EXAMPLE, ['src/main.ts'], {}, PATIENCE_MILLIS);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(
        /^the circuit is open\n[^]*the circuit is closed\n1000 invoices are saved, after \d+ calls/,
      );
    },
    2 * PATIENCE_MILLIS,
  );

  const newBreaker = () =>
    circuitBreaker(handleAll, {
      halfOpenAfter: HALF_OPEN_AFTER_MS,
      breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
    });

  it('does not call the service while the circuit is open, and loses nothing', async () => {
    const breaker = newBreaker();
    const saved: Invoice[] = [];
    const states: CircuitState[] = [];
    const save = async (batch: readonly Invoice[]): Promise<void> => {
      states.push(breaker.state);
      if (states.length <= FAILURES_TO_OPEN) throw new Error('the service is down');
      saved.push(...batch);
    };
    const invoices = invoiceWriter(save, breaker, HALF_OPEN_AFTER_MS, {
      retry: { initialBackoffMs: 1, maxBackoffMs: 2 },
    });
    for (let id = 0; id < 1_000; id += 1) await invoices.push({ id });
    expect(await invoices.close({ timeoutMs: PATIENCE_MILLIS })).toEqual({ flushed: 1_000, failed: 0, remaining: 0 });

    expect(saved.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, id) => id));
    expect(states).not.toContain(CircuitState.Open);
    expect(states.length).toBeGreaterThan(FAILURES_TO_OPEN);
    expect(invoices.getMetrics().eventsDropped).toBe(0);
  });

  it('waits for a circuit that other calls have opened, without a single call of its own', async () => {
    const breaker = newBreaker();
    const other = breaker.isolate();
    let calls = 0;
    const attempts = Promise.withResolvers<void>();
    const invoices = invoiceWriter(async () => void (calls += 1), breaker, HALF_OPEN_AFTER_MS, {
      onFlush: ({ outcome }) => void (outcome.kind === 'throttled' && attempts.resolve()),
    });
    await invoices.push({ id: 1 });
    void invoices.flush();
    await attempts.promise;
    expect(calls).toBe(0);

    other.dispose();
    expect(await invoices.close({ timeoutMs: PATIENCE_MILLIS })).toMatchObject({ flushed: 1, remaining: 0 });
    expect(calls).toBe(1);
  });
});
