import type { Attributes, MeterProvider } from '@opentelemetry/api';
import { BackpressureMetricReader } from '@spillway/metrics';

/** Makes a meter provider of an SDK line. */
export type ProviderOf = (readers: readonly object[]) => MeterProvider & { shutdown(): Promise<void> };

/** A metric as the SDKs collect it. */
export interface CollectedMetric {
  readonly descriptor: { readonly name: string; readonly unit: string; readonly description: string };
  /** `DataPointType` of the SDKs: 0 and 1 are histograms, 2 a gauge, 3 a sum. */
  readonly dataPointType: number;
  readonly isMonotonic?: boolean;
  readonly dataPoints: readonly {
    readonly attributes: Attributes;
    readonly value: number | { readonly count: number; readonly sum?: number };
  }[];
}

/** A meter provider, and a look at what is recorded with it. */
export class Watch {
  readonly provider: ReturnType<ProviderOf>;
  readonly #reader = new BackpressureMetricReader({
    exporter: { export: (_: never, done) => done({ code: 0 }), shutdown: async () => {} },
    exportIntervalMillis: 2 ** 30,
  });

  constructor(providerOf: ProviderOf) {
    this.provider = providerOf([this.#reader]);
  }

  async collect(): Promise<readonly CollectedMetric[]> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw errors[0];
    return resourceMetrics.scopeMetrics
      .filter(({ scope }) => scope.name === '@spillway/pipeline')
      .flatMap(({ metrics }) => metrics as unknown as CollectedMetric[]);
  }

  /**
   * The values of an instrument, each after its attributes without those of the component: `error.type=rejected 2`, or
   * `2` alone. A histogram has the number of its values.
   * @param component the beginning of the name of its component
   */
  async values(name: string, component = ''): Promise<readonly string[]> {
    const metric = (await this.collect()).find(({ descriptor }) => descriptor.name === name);
    return (metric?.dataPoints ?? [])
      .filter(({ attributes }) => String(attributes['otel.component.name']).startsWith(component))
      .map(({ attributes, value }) => {
        const others = Object.entries(attributes).filter(([key]) => !/^otel\.component|^server\./.test(key));
        const text = others.map(([key, other]) => `${key}=${String(other)} `).join('');
        return `${text}${typeof value === 'number' ? value : value.count}`;
      });
  }
}
