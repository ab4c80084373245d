import { type Attributes, type Meter, ValueType } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { SINGLE_SERIES } from './protocol.ts';

/** Series of each kind. */
export const SERIES = 1_000;

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
const STATUSES = [200, 204, 404, 500, 503];
/** One string per route, shared by all series, as in a router. As the keys of an object they are like literals. */
const ROUTES = Object.keys(
  Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`/api/v1/resource-${index}/{id}`, index])),
);

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** How a meter comes to {@link SERIES} series of each kind. */
const RECORD: Readonly<Record<string, (meter: Meter) => void>> = {
  gauge(meter) {
    const gauge = meter.createGauge('http.server.queue_time', { description: 'Time in the queue', unit: 's' });
    forEachSeries((attributes, index) => gauge.record(index / 7, attributes));
  },
  sum(meter) {
    const options = { description: 'Requests answered', unit: '{request}', valueType: ValueType.INT };
    const counter = meter.createCounter('http.server.requests', options);
    forEachSeries((attributes, index) => counter.add(index * 31, attributes));
  },
  histogram(meter) {
    const histogram = meter.createHistogram('http.server.request.duration', { description: 'Duration', unit: 'ms' });
    forEachSeries((attributes, index) => {
      for (let request = 0; request < 20; request += 1) histogram.record((index * 37 * request) % 12_000, attributes);
    });
  },
  'exponential histogram'(meter) {
    const histogram = meter.createHistogram('http.server.request.size.exponential', { unit: 'By' });
    forEachSeries((attributes, index) => {
      for (let request = 0; request < 40; request += 1)
        histogram.record(1 + ((index * 37 * request) % 9_973), attributes);
    });
  },
  [SINGLE_SERIES](meter) {
    for (let index = 0; index < SERIES; index += 1) {
      const gauge = meter.createGauge(`process.runtime.measure.${index}`, { description: 'A measure', unit: 'By' });
      gauge.record(index * 1.5);
    }
  },
};

/** What the 3.x SDK collects of {@link SERIES} series of each kind. */
export async function collectionsByKind(): Promise<ReadonlyMap<string, ResourceMetrics>> {
  const collections = new Map<string, ResourceMetrics>();
  for (const [kind, record] of Object.entries(RECORD)) {
    const reader = new ManualReader();
    const provider = new MeterProvider({
      resource: resourceFromAttributes({ 'service.name': 'shop', 'service.version': '3.14.1' }),
      readers: [reader],
      views: [{ instrumentName: '*.exponential', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
    });
    record(provider.getMeter('@shop/http', '1.2.0'));
    const { resourceMetrics } = await reader.collect();
    if (pointCount(resourceMetrics) !== SERIES) throw new Error(`${kind}: ${pointCount(resourceMetrics)} points`);
    collections.set(kind, resourceMetrics);
  }
  return collections;
}

export function pointCount({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics.flatMap(({ metrics }) => metrics).reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
}

/** The attributes of an HTTP server's metrics. */
function forEachSeries(record: (attributes: Attributes, index: number) => void): void {
  for (let index = 0; index < SERIES; index += 1) {
    const attributes = {
      'http.request.method': METHODS[index % METHODS.length] as string,
      'http.response.status_code': STATUSES[Math.floor(index / 4) % STATUSES.length] as number,
      'http.route': ROUTES[Math.floor(index / 20)] as string,
    };
    record(attributes, index);
  }
}
