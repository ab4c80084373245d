// The same as app.mjs, as CommonJS.
const { setTimeout: sleep } = require('node:timers/promises');
const { logs, metrics, SeverityNumber, trace } = require('@opentelemetry/api');

const tracer = trace.getTracer('shop', '1.2.3');
const logger = logs.getLogger('shop', '1.2.3');
const meter = metrics.getMeter('shop', '1.2.3');
const orders = meter.createCounter('orders');
const pages = meter.createHistogram('pages');

void tracer.startActiveSpan('order', { attributes: { book: 'Walden' } }, async (order) => {
  await sleep(1); // the context has to survive this
  tracer.startSpan('reserve').end();
  logger.emit({ severityNumber: SeverityNumber.INFO, severityText: 'INFO', body: 'order received' });
  orders.add(1, { book: 'Walden' });
  pages.record(352);
  order.end();
  console.log('done');
});
