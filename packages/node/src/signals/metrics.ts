import { METRIC_EXPORTERS, readMetricReaderEnvironment } from '@spillway/config';
import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import { madeView } from '../config-file/planned-views.ts';
import { numbersOf } from '../sdk/installed-module.ts';
import { API } from '../sdk/sdk-line.ts';
import type { MeterProviderLike, MetricsSdkModule } from '../sdk/sdk-module-types.ts';
import { pipelinesOf } from './pipelines.ts';
import { prometheusReader } from './prometheus-reader.ts';
import type { SignalDescription } from './signal-description.ts';

const SDK_METRICS = '@opentelemetry/sdk-metrics';

export const METRICS: SignalDescription = {
  name: 'metrics',
  provider: 'meter',
  packages: { '2.x': [SDK_METRICS], '3.x': [SDK_METRICS] },
  install: { '2.x': [`${SDK_METRICS}@^2.0.0`], '3.x': [`${SDK_METRICS}@^3.0.0`] },
  globalApi: { '2.x': API, '3.x': API },
  exporters: METRIC_EXPORTERS,

  find(application) {
    const module = application.find(SDK_METRICS);
    const major = module && numbersOf(module.version)[0];
    return { module, line: major === 3 ? '3.x' : major === 2 ? '2.x' : undefined };
  },

  drainTimeoutMillis: (env) => readMetricReaderEnvironment(env).drainTimeoutMillis,

  make(parts) {
    const { options, module, resource } = parts;
    const sdk = module.load() as MetricsSdkModule;
    const pipelines = pipelinesOf('metrics', parts, options.metrics, (own) => new BackpressureMetricReader(own), {
      console: () => new sdk.ConsoleMetricExporter(),
      'otlp/stdout': () => new OtlpMetricExporter({ output: process.stdout }),
    });
    const prometheus = prometheusReader(parts);
    const readers = [...pipelines.map(({ processor }) => processor), ...(prometheus ? [prometheus.reader] : [])];
    if (readers.length === 0) return undefined;
    const viewsOfFile = parts.settings.ofFile?.views.map((view) => madeView(view, sdk)) ?? [];
    const views = (options.metrics || undefined)?.views ?? viewsOfFile;
    return {
      provider: new sdk.MeterProvider({ resource, readers, views }),
      pipelines,
      ...(prometheus && { scrapedAt: prometheus.url }),
    };
  },

  register: (provider, api) => api.metrics.setGlobalMeterProvider(provider as MeterProviderLike),
};
