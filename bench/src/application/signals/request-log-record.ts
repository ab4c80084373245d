import { createHash } from 'node:crypto';
import { type Context, type LogRecord, ROOT_CONTEXT, SeverityNumber, trace, TraceFlags } from '@opentelemetry/api';

const ROUTE = '/api/orders/{orderId}';
/** Enough for a context not to be in a small cache when its turn comes again, and few enough to be made beforehand. */
const CONTEXTS: readonly Context[] = Array.from({ length: 1_024 }, (_, index) => requestContext(index));

/**
 * What a service logs when it has answered a request: a line of text, eight attributes, the ids of the span that it
 * happened in. One in a hundred is an error, the others inform. The text, the path, the user and the id differ from
 * record to record, and so does the span, so that no encoder gains from seeing the same again.
 */
export function requestLogRecord(serial: number): LogRecord {
  const path = `/api/orders/${100_000 + (serial % 900_000)}`;
  const millis = 2 + ((serial * 7) % 400);
  const failed = serial % 100 === 99;
  const status = failed ? 500 : 200;
  const context = CONTEXTS[serial % CONTEXTS.length];
  return {
    severityNumber: failed ? SeverityNumber.ERROR : SeverityNumber.INFO,
    severityText: failed ? 'ERROR' : 'INFO',
    body: `GET ${path} answered ${status} in ${millis} ms`,
    attributes: {
      // The receiver knows a record by it. It comes first, so that the receiver has nothing else to read.
      'log.record.uid': `shop-7d9c5b4f66-x2lqp-${serial}`,
      'http.request.method': 'GET',
      'http.route': ROUTE,
      'http.response.status_code': status,
      'url.path': path,
      'user.id': `user-${serial % 50_000}`,
      'app.request.seconds': millis / 1_000,
      'app.cache.hit': serial % 3 === 0,
    },
    ...(context !== undefined && { context }),
  };
}

/** A context within a sampled span, with ids as random as the SDK's and of the same make: a text in one piece. */
function requestContext(index: number): Context {
  const random = createHash('sha256').update(String(index)).digest();
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: random.toString('hex', 0, 16),
    spanId: random.toString('hex', 16, 24),
    traceFlags: TraceFlags.SAMPLED,
  });
}
