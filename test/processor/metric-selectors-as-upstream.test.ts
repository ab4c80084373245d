import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { AggregationType, InstrumentType } from '@opentelemetry/sdk-metrics';
import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import { afterEach, describe, expect, it, vi } from 'vitest';

const TYPES = Object.values(InstrumentType);

afterEach(() => vi.unstubAllEnvs());

const asked = (exporter: { selectAggregationTemporality(type: InstrumentType): number }) =>
  Object.fromEntries(TYPES.map((type) => [type, exporter.selectAggregationTemporality(type)]));

describe('the exporter asks for the same temporality of each instrument as upstream', () => {
  it.each([
    ['delta', 0],
    ['cumulative', 1],
    ['lowmemory', 2],
  ] as const)('with the preference %s, by name and by number', (name, number) => {
    const options = { temporalityPreference: number };
    const upstream = asked(new OTLPMetricExporter(options));
    expect(TYPES).toHaveLength(7);
    expect(asked(new OtlpMetricExporter({ temporalityPreference: name }))).toEqual(upstream);
    expect(asked(new OtlpMetricExporter({ temporalityPreference: number }))).toEqual(upstream);
    const reader = new BackpressureMetricReader({ exporter: new OtlpMetricExporter({ temporalityPreference: name }) });
    expect(asked(reader)).toEqual(upstream);
  });

  it.each(['delta', 'Cumulative', 'LOWMEMORY'])('with the variable %s', (value) => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', value);
    expect(asked(new OtlpMetricExporter())).toEqual(asked(new OTLPMetricExporter()));
  });

  it('without any', () => {
    expect(asked(new OtlpMetricExporter())).toEqual(asked(new OTLPMetricExporter()));
  });
});

describe('the exporter asks for the same aggregation of each instrument as upstream', () => {
  const aggregations = (exporter: { selectAggregation(type: InstrumentType): object }) =>
    Object.fromEntries(TYPES.map((type) => [type, exporter.selectAggregation(type)]));

  it('by default', () => {
    const upstream = aggregations(new OTLPMetricExporter());
    expect(aggregations(new OtlpMetricExporter())).toEqual(upstream);
    expect(aggregations(new BackpressureMetricReader())).toEqual(upstream);
  });

  it('but for histograms, if they are to be exponential', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION', 'base2_exponential_bucket_histogram');
    expect(aggregations(new OtlpMetricExporter())).toEqual({
      ...aggregations(new OTLPMetricExporter()),
      [InstrumentType.HISTOGRAM]: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
    });
  });
});
