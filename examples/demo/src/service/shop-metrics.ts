import type { Attributes, Histogram, Meter } from '@opentelemetry/api';

/** Each request is measured once by this histogram, so its counts are the number of measurements. */
export const REQUEST_DURATION = 'http.server.request.duration';

const SECONDS_PER_MILLI = 1e-3;
/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The metrics of the shop: how long its requests take, and the memory of its process. */
export class ShopMetrics {
  /** Measurements of requests, counted independently of the pipeline. */
  count = 0;
  readonly #duration: Histogram;

  constructor(meter: Meter) {
    this.#duration = meter.createHistogram(REQUEST_DURATION, {
      unit: 's',
      description: 'Duration of HTTP server requests',
      advice: { explicitBucketBoundaries: BOUNDARIES },
    });
    meter
      .createObservableGauge('v8js.memory.heap.used', { unit: 'By', description: 'Heap memory in use' })
      .addCallback((result) => result.observe(process.memoryUsage().heapUsed));
  }

  measure(millis: number, attributes: Attributes): void {
    this.count += 1;
    this.#duration.record(millis * SECONDS_PER_MILLI, attributes);
  }
}
