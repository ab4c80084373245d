/** Carries messages from a queue to a service that takes them in batches, no faster than the service accepts them. */
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { BackpressureController, type FlushContext, type FlushOutcome } from '@spillway/backpressure';
import { FolderQueue, type Message } from './folder-queue.ts';

const { QUEUE_FOLDER = 'queue', TARGET_URL = 'http://localhost:8080/bulk', DRAIN_MILLIS = '8000' } = process.env;

const tracer = trace.getTracer('worker');
const queue = new FolderQueue(QUEUE_FOLDER);

const deliveries = new BackpressureController<Message>(deliver, {
  strategy: 'block',
  maxBlockTimeMs: Infinity,
  maxBufferSize: 100,
  batchSize: 25,
  flushTimeoutMs: 5_000,
  drainTimeoutMs: Number(DRAIN_MILLIS),
});
deliveries.start();

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    stop.abort();
    void deliveries.close(); // delivers the held messages, and the one whose push waits for room
  });
}

let most = 0;
for await (const message of queue.messages(stop.signal)) {
  await deliveries.push(message); // waits while 100 are held; the others are safe in the queue
  most = Math.max(most, queue.unsettled);
}
await deliveries.close();
const { eventsFlushed, eventsFailed } = deliveries.getMetrics();
console.log(
  `${eventsFlushed} delivered, ${eventsFailed} set aside, ${queue.unsettled} taken and still in the queue; ${most} at a time`,
);

/** One attempt, in its own span. If it throws, the controller repeats it. */
function deliver(messages: readonly Message[], { signal }: FlushContext): Promise<FlushOutcome> {
  const attributes = { 'messaging.batch.message_count': messages.length };
  return tracer.startActiveSpan('deliver', { kind: SpanKind.CLIENT, attributes }, async (span) => {
    try {
      const outcome = await send(messages, signal);
      if (outcome.kind !== 'delivered') span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.error.message });
      return outcome;
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

async function send(messages: readonly Message[], signal: AbortSignal): Promise<FlushOutcome> {
  const body = JSON.stringify(messages.map((message) => message.body));
  const response = await fetch(TARGET_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal,
  });
  await response.body?.cancel();
  if (response.ok) {
    await queue.acknowledge(messages); // not earlier, so that messages lost with this process come again
    return { kind: 'delivered' };
  }
  const error = new Error(`the target answered ${response.status}`);
  if (response.status === 429 || response.status >= 500) return { kind: 'retry', error };
  await queue.setAside(messages); // otherwise they would come again for ever
  return { kind: 'refused', error };
}
