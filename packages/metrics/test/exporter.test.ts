import { diag } from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { exemplarDropReport } from '../src/exporter/exemplar-drop-report.ts';
import { OtlpMetricExporter, type OtlpMetricExporterOptions } from '../src/index.ts';
import { AGGREGATION_TEMPORALITY } from '../src/metric-data.ts';
import { AGGREGATION_TYPE } from '../src/metric-selectors.ts';

const { CUMULATIVE, DELTA } = AGGREGATION_TEMPORALITY;
const INSTRUMENTS = [
  'COUNTER',
  'OBSERVABLE_COUNTER',
  'UP_DOWN_COUNTER',
  'OBSERVABLE_UP_DOWN_COUNTER',
  'HISTOGRAM',
  'GAUGE',
  'OBSERVABLE_GAUGE',
];

const made: OtlpMetricExporter[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const exporter of made.splice(0)) await exporter.shutdown();
});

function exporterWith(options: OtlpMetricExporterOptions = {}): OtlpMetricExporter {
  const exporter = new OtlpMetricExporter({ url: 'http://127.0.0.1:1', ...options });
  made.push(exporter);
  return exporter;
}

describe('what the exporter of metrics asks of the SDK', () => {
  const deltasOf = (exporter: OtlpMetricExporter): string[] =>
    INSTRUMENTS.filter((type) => exporter.selectAggregationTemporality(type) === DELTA);
  const all = ['COUNTER', 'OBSERVABLE_COUNTER', 'HISTOGRAM', 'GAUGE', 'OBSERVABLE_GAUGE'];

  it.each([
    [{}, []],
    [{ temporalityPreference: 'cumulative' }, []],
    [{ temporalityPreference: 1 }, []],
    [{ temporalityPreference: 'delta' }, all],
    [{ temporalityPreference: 0 }, all],
    [{ temporalityPreference: 'lowmemory' }, ['COUNTER', 'HISTOGRAM']],
    [{ temporalityPreference: 2 }, ['COUNTER', 'HISTOGRAM']],
  ] as const)('with %o is deltas of %j', (options, deltas) => {
    const exporter = exporterWith(options);
    expect(deltasOf(exporter)).toEqual(deltas);
    expect(exporter.selectAggregationTemporality('UP_DOWN_COUNTER')).toBe(CUMULATIVE);
  });

  it('are exponential histograms if they are wanted, and nothing else changes', () => {
    const typesOf = (options: OtlpMetricExporterOptions) =>
      INSTRUMENTS.filter(
        (type) => exporterWith(options).selectAggregation(type).type === AGGREGATION_TYPE.EXPONENTIAL_HISTOGRAM,
      );
    expect(typesOf({})).toEqual([]);
    expect(typesOf({ defaultHistogramAggregation: 'base2_exponential_bucket_histogram' })).toEqual(['HISTOGRAM']);
  });

  it('is what the variables say, unless code says something else', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'lowmemory');
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION', 'base2_exponential_bucket_histogram');
    expect(deltasOf(exporterWith())).toEqual(['COUNTER', 'HISTOGRAM']);
    expect(exporterWith().selectAggregation('HISTOGRAM').type).toBe(AGGREGATION_TYPE.EXPONENTIAL_HISTOGRAM);
    expect(deltasOf(exporterWith({ temporalityPreference: 'delta' }))).toEqual(all);
  });

  it.each([
    [{ temporalityPreference: 'sideways' }, /^temporalityPreference must be one of \w+, \w+, \w+, got sideways$/],
    [{ temporalityPreference: 3 }, /^temporalityPreference must be one of .*, got 3$/],
    [{ defaultHistogramAggregation: 'pie' }, /^defaultHistogramAggregation must be one of \w+, \w+, got pie$/],
  ])('is refused if it is %o, with the values that it may have', (options, message) => {
    expect(() => exporterWith(options as never)).toThrow(message);
  });
});

it('exemplars that are left out are logged once', () => {
  const warn = vi.spyOn(diag, 'warn').mockReturnValue();
  const report = exemplarDropReport('TestExporter');
  report(1, new Error('one'));
  report(2, new Error('two'));
  expect(warn.mock.calls).toEqual([
    [
      expect.stringMatching(
        /TestExporter: exemplars are left out, and their data points are sent without them: .*one$/,
      ),
    ],
  ]);
});
