/** The program of a page with metrics, as the README of @spillway/web says. */
import { metrics } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import { registerWeb } from '@spillway/web';

registerWeb({
  url: '/',
  MeterProvider,
  metricReader: ({ url, headers, spool }) =>
    new BackpressureMetricReader({ exporter: new OtlpMetricExporter({ url, headers }), spool }),
});

metrics.getMeter('shop').createCounter('clicks').add(3);
