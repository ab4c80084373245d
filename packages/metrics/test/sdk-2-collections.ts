import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  MetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { recordEverything } from './record-everything.ts';

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Collections that the 2.x SDK made with each temporality: after everything was recorded, and after nothing more was. */
export async function sdk2Collections(): Promise<ResourceMetrics[]> {
  const collections: ResourceMetrics[] = [];
  for (const temporality of [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA]) {
    const reader = new ManualReader({ aggregationTemporalitySelector: () => temporality });
    const provider = new MeterProvider({
      resource: resourceFromAttributes(
        { 'service.name': 'shop', ports: [1, 2] },
        { schemaUrl: 'https://schemas.test/1' },
      ),
      readers: [reader],
      views: [
        {
          instrumentName: '*.exponential',
          aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 20, recordMinMax: true } },
        },
      ],
    });
    recordEverything(provider.getMeter('@shop/http', '1.2.0', { schemaUrl: 'https://schemas.test/2' }));
    recordEverything(provider.getMeter('@shop/orders'));
    for (let collection = 0; collection < 2; collection += 1) {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw errors[0];
      collections.push(resourceMetrics);
    }
    await provider.shutdown();
  }
  return collections;
}
