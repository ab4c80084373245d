// An application that knows OpenTelemetry's api and nothing of Spillway. In line 2.x, logs have a separate api.
import { setTimeout as sleep } from 'node:timers/promises';
import { metrics, trace } from '@opentelemetry/api';
import { logs, SeverityNumber } from '@opentelemetry/api-logs';

const tracer = trace.getTracer('shop', '1.2.3');
const logger = logs.getLogger('shop', '1.2.3');
const meter = metrics.getMeter('shop', '1.2.3');
const orders = meter.createCounter('orders');
const pages = meter.createHistogram('pages');

await tracer.startActiveSpan('order', { attributes: { book: 'Walden' } }, async (order) => {
  await sleep(1); // the context has to survive this
  tracer.startSpan('reserve').end();
  logger.emit({ severityNumber: SeverityNumber.INFO, severityText: 'INFO', body: 'order received' });
  orders.add(1, { book: 'Walden' });
  pages.record(352);
  order.end();
});
console.log('done');
