import { diag } from '@opentelemetry/api';
import { OtlpExporter, type OtlpExporterOptions } from '@spillway/otlp';
import { SpanEncoder } from './encoding/span-encoder.ts';
import type { ReadableSpanLike } from './readable-span.ts';

/** Names may come from outside; what is said must not grow with them. */
const MOST_NAMES_SAID = 20;
const LONGEST_NAME_SAID = 100;

/**
 * Sends spans to an OTLP collector over HTTP in protobuf. Meant for {@link BackpressureSpanProcessor}, which encodes
 * early and leaves repeating to its controller; under OpenTelemetry's own processors it works as any exporter.
 *
 * @throws RangeError or TypeError that names option and value
 */
export class OtlpSpanExporter extends OtlpExporter<ReadableSpanLike> {
  constructor(options: OtlpExporterOptions = {}) {
    super('OtlpSpanExporter', 'traces', new SpanEncoder({ onAttributeDropped: reporter() }), options);
  }
}

/** An attribute is dropped wherever the code that sets it runs, which is often: of interest once for each name. */
function reporter(): (key: string, error: unknown) => void {
  const said = new Set<string>();
  return (key, error) => {
    if (said.has(key) || said.size >= MOST_NAMES_SAID) return;
    said.add(key);
    const reason = error instanceof Error ? error.message : String(error);
    diag.warn(`OtlpSpanExporter: the attribute ${JSON.stringify(key.slice(0, LONGEST_NAME_SAID))} cannot be encoded and is left out: ${reason}`);
  };
}
