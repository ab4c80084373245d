import { describe, expect, it } from 'vitest';
import type { InstalledModule } from '../../src/sdk/installed-module.ts';
import type { SdkLine } from '../../src/sdk/sdk-line.ts';
import { resolveSettings } from '../../src/sdk/resolve-settings.ts';
import type { StartOptions } from '../../src/sdk/start-options.ts';
import { prometheusReader } from '../../src/signals/prometheus-reader.ts';

const EXPORTER = '@opentelemetry/exporter-prometheus';

class PrometheusExporter {
  readonly options: object;

  constructor(options: object) {
    this.options = options;
  }
}

/** Makes the reader in an application in which that version is installed, or none. */
function readerWith(
  version: string | undefined,
  line: SdkLine = '3.x',
  options: StartOptions = { metrics: { exporters: ['otlp', 'prometheus'] } },
  env: Readonly<Record<string, string>> = {},
) {
  const warnings: string[] = [];
  const found = version === undefined ? undefined : { version, load: () => ({ PrometheusExporter }) };
  const reader = prometheusReader({
    settings: resolveSettings(options, () => {}, env),
    options,
    line,
    application: {
      path: '',
      find: (name) => (name === EXPORTER ? (found as InstalledModule) : undefined),
      lists: () => false,
    },
    warn: (message) => warnings.push(message),
  });
  return { reader, warnings };
}

describe('the reader for Prometheus', () => {
  it.each<[SdkLine, string]>([
    ['2.x', '0.223.0'],
    ['2.x', '0.299.9'],
    ['3.x', '0.300.0'],
    ['3.x', '0.301.0'],
    ['3.x', 'as given'],
  ])('is the exporter of line %s that is installed: %s', (line, version) => {
    const { reader, warnings } = readerWith(version, line);
    expect(reader).toEqual({
      reader: new PrometheusExporter({ host: 'localhost', port: 9464 }),
      url: 'http://localhost:9464/metrics',
    });
    expect(warnings).toEqual([]);
  });

  it('listens where the variables say', () => {
    const env = { OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0', OTEL_EXPORTER_PROMETHEUS_PORT: '9999' };
    expect(readerWith('0.301.0', '3.x', { metrics: { exporters: ['prometheus'] } }, env).reader).toEqual({
      reader: new PrometheusExporter({ host: '0.0.0.0', port: 9999 }),
      url: 'http://0.0.0.0:9999/metrics',
    });
  });

  it.each<[SdkLine, string | undefined, string]>([
    ['2.x', undefined, `${EXPORTER} is not installed. To install it: npm install ${EXPORTER}@^0.223.0`],
    ['3.x', undefined, `${EXPORTER} is not installed. To install it: npm install ${EXPORTER}@^0.301.0`],
    [
      '2.x',
      '0.301.0',
      `${EXPORTER} 0.301.0 does not belong to OpenTelemetry 2.x. To install it: npm install ${EXPORTER}@^0.223.0`,
    ],
    [
      '2.x',
      '0.300.0',
      `${EXPORTER} 0.300.0 does not belong to OpenTelemetry 2.x. To install it: npm install ${EXPORTER}@^0.223.0`,
    ],
    [
      '3.x',
      '1.301.0',
      `${EXPORTER} 1.301.0 does not belong to OpenTelemetry 3.x. To install it: npm install ${EXPORTER}@^0.301.0`,
    ],
    [
      '3.x',
      '0.223.0',
      `${EXPORTER} 0.223.0 does not belong to OpenTelemetry 3.x. To install it: npm install ${EXPORTER}@^0.301.0`,
    ],
    [
      '2.x',
      '0.57.2',
      `${EXPORTER} 0.57.2 does not belong to OpenTelemetry 2.x. To install it: npm install ${EXPORTER}@^0.223.0`,
    ],
  ])('is left out on line %s, with one line, if the installed version is %s', (line, version, why) => {
    expect(readerWith(version, line)).toEqual({
      reader: undefined,
      warnings: [`Prometheus cannot read the metrics: ${why}`],
    });
  });

  it.each<[string, StartOptions]>([
    ['it is not named', {}],
    ['the application has an exporter of its own', { metrics: { exporters: ['prometheus'], exporter: {} as never } }],
    ['metrics are switched off', { metrics: false }],
  ])('is not wanted if %s', (_, options) => {
    expect(readerWith(undefined, '3.x', options)).toEqual({ reader: undefined, warnings: [] });
  });
});
