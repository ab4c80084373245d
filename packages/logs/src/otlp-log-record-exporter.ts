import type { OtlpExporterOptions } from '@spillway/otlp';
import { attributeDropReport, listFormat, OtlpExporter } from '@spillway/pipeline';
import { LogRecordEncoder } from './encoding/log-record-encoder.ts';
import type { ReadableLogRecordLike } from './readable-log-record.ts';

const NAME = 'OtlpLogRecordExporter';

/**
 * Sends log records to an OTLP collector over HTTP. It is meant for {@link BackpressureLogRecordProcessor},
 * which encodes early and leaves retries to its controller. With OpenTelemetry's own processors it works like any other
 * exporter.
 *
 * @throws RangeError or TypeError that names option and value
 */
export class OtlpLogRecordExporter extends OtlpExporter<ReadableLogRecordLike> {
  constructor(options: OtlpExporterOptions = {}) {
    super(NAME, 'logs', listFormat(new LogRecordEncoder({ onAttributeDropped: attributeDropReport(NAME) })), options);
  }
}
