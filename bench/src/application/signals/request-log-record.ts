import { createHash } from 'node:crypto';
import { type Context, type LogRecord, ROOT_CONTEXT, SeverityNumber, trace, TraceFlags } from '@opentelemetry/api';

const ROUTE = '/api/orders/{orderId}';
/**
 * Enough contexts that none is still in a small cache when it is used again, but few enough to make them in advance.
 */
const CONTEXTS: readonly Context[] = Array.from({ length: 1_024 }, (_, index) => requestContext(index));

/**
 * A record that a service logs after answering a request: a line of text, eight attributes, and the ids of the span. 1
 * in 100 is an ERROR, the others are INFO. The text, the path, the user, the id and the span differ from record to
 * record, so that no encoder gains from repeated values.
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
      // The receiver identifies a record by this attribute. It comes first, so that the receiver need not read the
      // others.
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

/** A context within a sampled span. Its ids are as random as the SDK's, and also flat strings. */
function requestContext(index: number): Context {
  const random = createHash('sha256').update(String(index)).digest();
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: random.toString('hex', 0, 16),
    spanId: random.toString('hex', 16, 24),
    traceFlags: TraceFlags.SAMPLED,
  });
}
