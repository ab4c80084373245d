import type { OtlpExporterOptions } from '@spillway/otlp';
import { attributeDropReport, listFormat, OtlpExporter } from '@spillway/pipeline';
import { SpanEncoder } from './encoding/span-encoder.ts';
import type { ReadableSpanLike } from './readable-span.ts';

const NAME = 'OtlpSpanExporter';

/**
 * Sends spans to an OTLP collector over HTTP. It is meant for {@link BackpressureSpanProcessor}, which
 * encodes early and leaves retries to its controller. With OpenTelemetry's own processors it works like any other
 * exporter.
 *
 * @throws RangeError or TypeError that names option and value
 */
export class OtlpSpanExporter extends OtlpExporter<ReadableSpanLike> {
  constructor(options: OtlpExporterOptions = {}) {
    super(NAME, 'traces', listFormat(new SpanEncoder({ onAttributeDropped: attributeDropReport(NAME) })), options);
  }
}
