import type { Signal } from '@spillway/config';
import { OtlpLogRecordExporter } from '@spillway/logs';
import type { OTLP_PARTS, OtlpParts } from '@spillway/pipeline';
import { OtlpSpanExporter } from '@spillway/trace';

/** What is needed of our exporter of either signal. */
export interface OtlpExporterLike {
  readonly [OTLP_PARTS]: OtlpParts<never>;
  shutdown(): Promise<void>;
}

/**
 * The exporter that an application would have, by the variables of this process. Connects to nothing yet.
 * @throws TypeError or RangeError for what is set and cannot be used, such as a file that holds no key
 */
export function otlpExporterOf(signal: Signal, timeoutMillis?: number): OtlpExporterLike {
  return signal === 'traces' ? new OtlpSpanExporter({ timeoutMillis }) : new OtlpLogRecordExporter({ timeoutMillis });
}
