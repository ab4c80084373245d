import { randomUUID } from 'node:crypto';
import { type Attributes, type Logger, SeverityNumber } from '@opentelemetry/api';

/**
 * The log of the shop. The SDK gives each record the trace and span id of the context that is active when it is
 * emitted. Each record also has its own id, by which a collector can tell it from all others.
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/log/#log-record-uid
 */
export class ShopLog {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  info(body: string, attributes: Attributes): void {
    this.#logger.emit({
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      body,
      attributes: identified(attributes),
    });
  }

  warn(body: string, attributes: Attributes): void {
    this.#logger.emit({
      severityNumber: SeverityNumber.WARN,
      severityText: 'WARN',
      body,
      attributes: identified(attributes),
    });
  }

  error(body: string, exception: unknown, attributes: Attributes): void {
    this.#logger.emit({
      severityNumber: SeverityNumber.ERROR,
      severityText: 'ERROR',
      body,
      exception,
      attributes: identified(attributes),
    });
  }
}

function identified(attributes: Attributes): Attributes {
  return { ...attributes, 'log.record.uid': randomUUID() };
}
