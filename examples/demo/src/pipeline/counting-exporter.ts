import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { REQUEST_DURATION } from '../service/shop-metrics.ts';

type Export = OTLPMetricExporter['export'];

/** OpenTelemetry's exporter. It also counts the measurements that it delivers and loses, because its reader does not. */
export class CountingExporter extends OTLPMetricExporter {
  delivered = 0;
  /** By the name of the error. */
  readonly lostByReason: Record<string, number> = {};

  override export(collection: Parameters<Export>[0], done: Parameters<Export>[1]): void {
    const measurements = measurementsIn(collection);
    super.export(collection, (result) => {
      // oxlint-disable-next-line typescript/no-unsafe-enum-comparison -- the enum is that of the exporter's own packages
      if (result.code === 0) {
        this.delivered += measurements;
      } else {
        const reason = result.error?.name ?? 'Error';
        this.lostByReason[reason] = (this.lostByReason[reason] ?? 0) + measurements;
      }
      done(result);
    });
  }
}

function measurementsIn({ scopeMetrics }: Parameters<Export>[0]): number {
  let measurements = 0;
  for (const { descriptor, dataPoints } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
    if (descriptor.name !== REQUEST_DURATION) continue;
    for (const { value } of dataPoints) if (typeof value === 'object') measurements += value.count;
  }
  return measurements;
}
