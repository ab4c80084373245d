import type { ProcessorSignal as Signal } from '@spillway/config';
import { OtlpLogRecordExporter } from '@spillway/logs';
import type { OTLP_PARTS, OtlpParts } from '@spillway/pipeline';
import { OtlpSpanExporter } from '@spillway/trace';

/** The part of our exporter that is needed here, for either signal. */
export interface OtlpExporterLike {
  readonly [OTLP_PARTS]: OtlpParts<never>;
  shutdown(): Promise<void>;
}

/**
 * The exporter that an application would have with the variables of this process. It does not connect yet.
 * @throws TypeError or RangeError if a setting cannot be used, such as a file that contains no key
 */
export function otlpExporterOf(signal: Signal, timeoutMillis?: number): OtlpExporterLike {
  return signal === 'traces' ? new OtlpSpanExporter({ timeoutMillis }) : new OtlpLogRecordExporter({ timeoutMillis });
}
