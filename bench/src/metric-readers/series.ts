import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics';

/** The SDK keeps at most 2 000 series of a metric, so there are several metrics. */
const SERIES_OF_EACH = 1_000;
const KINDS = { counters: 4, histograms: 4, gauges: 2 };

/** Counts every order once, by the series of the first counter. */
export const ORDERS = 'shop.metric.counter.0';

/** An application with 10 000 series, all of which are measured between two collections. */
export class MeasuredApplication {
  orders = 0;
  readonly #provider: MeterProvider;
  readonly #measure: ((value: number, series: number) => void)[] = [];
  readonly #attributes = Array.from({ length: SERIES_OF_EACH }, (_, series) => ({
    'http.request.method': 'GET',
    'http.route': `/shops/{shop}/orders/${series}`,
    'http.response.status_code': 200,
    'server.address': 'shop.example.com',
  }));

  constructor(reader: IMetricReader) {
    this.#provider = new MeterProvider({ readers: [reader] });
    const meter = this.#provider.getMeter('shop', '1.0.0');
    const each = (kind: string, count: number, add: (name: string) => (value: number, series: number) => void) => {
      for (let index = 0; index < count; index++) this.#measure.push(add(`shop.metric.${kind}.${index}`));
    };
    each('counter', KINDS.counters, (name) => {
      const counter = meter.createCounter(name, { unit: '{order}', description: 'Orders' });
      return (_value, series) => counter.add(1, this.#attributes[series]);
    });
    each('histogram', KINDS.histograms, (name) => {
      const histogram = meter.createHistogram(name, { unit: 'ms', description: 'Duration of orders' });
      return (value, series) => histogram.record(value, this.#attributes[series]);
    });
    each('gauge', KINDS.gauges, (name) => {
      const gauge = meter.createGauge(name, { unit: '{order}', description: 'Open orders' });
      return (value, series) => gauge.record(value, this.#attributes[series]);
    });
  }

  /** Measures each series once. */
  measure(round: number): void {
    for (const measure of this.#measure) {
      for (let series = 0; series < SERIES_OF_EACH; series++) measure((series * 7 + round) % 1_000, series);
    }
    this.orders += SERIES_OF_EACH;
  }

  shutdown(): Promise<void> {
    return this.#provider.shutdown();
  }
}
