/** Writes invoices to a service that is down at first. */
import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { invoiceWriter } from './invoice-writer.ts';

const HALF_OPEN_AFTER_MS = 200;

// The application has it anyway, for all that it asks of the service.
const breaker = circuitBreaker(handleAll, {
  halfOpenAfter: HALF_OPEN_AFTER_MS,
  breaker: new ConsecutiveBreaker(3),
});
breaker.onBreak(() => console.log('the circuit is open'));
breaker.onReset(() => console.log('the circuit is closed'));

const DOWN_MS = 1_000;
const upAt = Date.now() + DOWN_MS;
let calls = 0;
const invoices = invoiceWriter(
  async () => {
    calls += 1;
    if (Date.now() < upAt) throw new Error('the service is down');
  },
  breaker,
  HALF_OPEN_AFTER_MS,
);

for (let id = 1; id <= 1_000; id += 1) await invoices.push({ id });
const { flushed } = await invoices.close();
console.log(`${flushed} invoices are saved, after ${calls} calls of the service`);
