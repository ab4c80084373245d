import type { Signal } from '@spillway/config';
import { OtlpLogRecordExporter } from '@spillway/logs';
import { OtlpMetricExporter } from '@spillway/metrics';
import type { OTLP_PARTS, OtlpParts } from '@spillway/pipeline';
import { OtlpSpanExporter } from '@spillway/trace';

/** The part of our exporters that is needed here. */
export interface OtlpExporterLike {
  readonly [OTLP_PARTS]: OtlpParts<never>;
  shutdown(): Promise<void>;
}

const EXPORTERS = {
  traces: OtlpSpanExporter,
  logs: OtlpLogRecordExporter,
  metrics: OtlpMetricExporter,
} satisfies Record<Signal, unknown>;

/**
 * The exporter that an application would have with the variables of this process. It does not connect yet.
 * @throws TypeError or RangeError if a setting cannot be used, such as a file that contains no key
 */
export function otlpExporterOf(signal: Signal, timeoutMillis?: number): OtlpExporterLike {
  return new EXPORTERS[signal]({ timeoutMillis });
}
