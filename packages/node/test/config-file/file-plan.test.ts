import { fileURLToPath } from 'node:url';
import * as sdkMetrics from '@opentelemetry/sdk-metrics';
import * as sdkTrace from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { environmentOf, planOf } from '../../src/config-file/file-plan.ts';
import { madeView } from '../../src/config-file/planned-views.ts';
import { readConfigFile } from '../../src/config-file/read-config-file.ts';
import { madeSampler } from '../../src/config-file/sampler-plan.ts';
import { applicationAt } from '../../src/sdk/application.ts';
import type { InstalledModule } from '../../src/sdk/installed-module.ts';
import type { SdkLine } from '../../src/sdk/sdk-line.ts';
import type { TraceSdkModule } from '../../src/sdk/sdk-module-types.ts';

const plan = (model: object) => planOf('otel.yaml', { file_format: '1.0', ...model });
const exporting = (exporter: object, batch: object = {}) => ({ processors: [{ batch: { ...batch, exporter } }] });

/** The variables that the first pipeline of a signal sees, without those of the process. */
function variablesOf(model: object, signal: 'traces' | 'logs' | 'metrics' = 'traces') {
  const made = plan(model);
  return environmentOf(made, {}, made.pipelines[signal][0]);
}

describe('a processor of a configuration file', () => {
  it('says its options in variables, those that have no value excepted', () => {
    const batch = { schedule_delay: 100, export_timeout: 0, max_queue_size: 9, max_export_batch_size: null };
    const model = { tracer_provider: exporting({ console: null }, batch) };
    expect(variablesOf(model)).toMatchObject({
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BSP_EXPORT_TIMEOUT: '0',
      OTEL_BSP_MAX_QUEUE_SIZE: '9',
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_LOGS_EXPORTER: 'none',
    });
    expect(variablesOf(model)).not.toHaveProperty('OTEL_BSP_MAX_EXPORT_BATCH_SIZE');
    expect(variablesOf({ logger_provider: exporting({ console: null }, batch) }, 'logs')).toMatchObject({
      OTEL_BLRP_SCHEDULE_DELAY: '100',
    });
  });

  it.each([
    ['otlp_http', {}, undefined],
    ['otlp_http', { encoding: 'json' }, 'http/json'],
    ['otlp_http', { encoding: 'protobuf' }, 'http/protobuf'],
    ['otlp_grpc', {}, 'grpc'],
  ])('has the protocol of %s %j', (name, options, protocol) => {
    const variables = variablesOf({ logger_provider: exporting({ [name]: options }) }, 'logs');
    expect(variables['OTEL_EXPORTER_OTLP_LOGS_PROTOCOL']).toBe(protocol);
  });

  it('has endpoint, headers, TLS, compression and time-out of its exporter', () => {
    const exporter = {
      endpoint: 'https://collector:4317',
      headers: [
        { name: 'api-key', value: 'a,b=c' },
        { name: 'left-out', value: null },
      ],
      headers_list: 'town=Concord',
      compression: 'gzip',
      timeout: 5000,
      tls: { ca_file: '/ca.pem', key_file: '/key.pem', cert_file: '/cert.pem', insecure: false },
    };
    expect(variablesOf({ tracer_provider: exporting({ otlp_grpc: exporter }) })).toMatchObject({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector:4317',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=a%2Cb%3Dc',
      OTEL_EXPORTER_OTLP_HEADERS: 'town=Concord',
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '5000',
      OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: '/ca.pem',
      OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: '/key.pem',
      OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: '/cert.pem',
      OTEL_EXPORTER_OTLP_TRACES_INSECURE: 'false',
    });
  });

  it('named spillway takes every option that has a variable, by the end of its name', () => {
    const spillway = { strategy: 'drop_oldest', max_queue_bytes: '8MiB', exporter: { console: null } };
    expect(variablesOf({ tracer_provider: { processors: [{ spillway }] } })).toMatchObject({
      SPILLWAY_TRACES_STRATEGY: 'drop_oldest',
      SPILLWAY_TRACES_MAX_QUEUE_BYTES: '8MiB',
    });
  });
});

describe('a metric reader of a configuration file', () => {
  it('says its options, and those of its exporter, in variables', () => {
    const otlp_http = {
      temporality_preference: 'low_memory',
      default_histogram_aggregation: 'explicit_bucket_histogram',
    };
    const readers = [{ periodic: { interval: 1000, timeout: 500, exporter: { otlp_http } } }];
    expect(variablesOf({ meter_provider: { readers } }, 'metrics')).toMatchObject({
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_METRIC_EXPORT_TIMEOUT: '500',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'lowmemory',
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'explicit_bucket_histogram',
    });
  });

  it('may be one that Prometheus asks, beside one that exports', () => {
    const pull = { exporter: { 'prometheus/development': { host: '0.0.0.0', port: 9999 } } };
    const readers = [{ periodic: { exporter: { console: null } } }, { pull }];
    expect(variablesOf({ meter_provider: { readers } }, 'metrics')).toMatchObject({
      OTEL_METRICS_EXPORTER: 'console,prometheus',
      OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0',
      OTEL_EXPORTER_PROMETHEUS_PORT: '9999',
    });
  });

  it('goes without a view that the SDK would refuse, so that the others and all metrics stay', () => {
    const views = [
      { stream: { name: 'everything' } },
      { selector: { meter_name: 'shop' }, stream: { name: 'one' } },
      { selector: { instrument_name: 'http.*' }, stream: { name: 'one' } },
      { selector: { instrument_name: 'http.*' }, stream: { description: 'many' } },
      { selector: { instrument_name: 'orders' }, stream: { name: 'sales' } },
    ];
    const made = plan({ meter_provider: { readers: [], views } });
    expect(made.problems).toEqual([
      'meter_provider.views[0] is left out: its selector selects nothing',
      'meter_provider.views[1] is left out: a view with a name must select one instrument by its name',
      'meter_provider.views[2] is left out: a view with a name must select one instrument by its name',
    ]);
    const options = made.views.map((view) => madeView(view, sdkMetrics));
    expect(options).toEqual([
      { instrumentName: 'http.*', description: 'many' },
      { instrumentName: 'orders', name: 'sales' },
    ]);
    expect(() => new sdkMetrics.MeterProvider({ views: options })).not.toThrow();
    const refused = [{ instrumentName: 'http.*', name: 'one' }];
    expect(() => new sdkMetrics.MeterProvider({ views: refused })).toThrow('at most one instrument');
  });

  it('has the views of its provider', () => {
    const views = [
      {
        selector: { instrument_name: 'orders', instrument_type: 'histogram' },
        stream: {
          name: 'sold',
          aggregation: { explicit_bucket_histogram: { boundaries: [1, 2] } },
          attribute_keys: { included: ['book'] },
        },
      },
    ];
    const made = madeView(plan({ meter_provider: { readers: [], views } }).views[0]!, sdkMetrics);
    expect(made).toMatchObject({
      instrumentName: 'orders',
      instrumentType: sdkMetrics.InstrumentType.HISTOGRAM,
      name: 'sold',
      aggregation: {
        type: sdkMetrics.AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
        options: { boundaries: [1, 2] },
      },
    });
    expect(made).toHaveProperty('attributesProcessors.length', 1);
  });
});

describe('the rest of a configuration file', () => {
  it('says limits, propagators, level and our own settings of the process in variables', () => {
    expect(
      variablesOf({
        disabled: true,
        log_level: 'debug2',
        attribute_limits: { attribute_count_limit: 5 },
        propagator: { composite: [{ tracecontext: null }, { b3multi: null }], composite_list: 'baggage' },
        tracer_provider: { processors: [], limits: { event_count_limit: 6, link_attribute_count_limit: 7 } },
        logger_provider: { processors: [], limits: { attribute_value_length_limit: 8 } },
        distribution: { spillway: { exit: 'none', spool_directory: '/spool' } },
      }),
    ).toMatchObject({
      OTEL_SDK_DISABLED: 'true',
      OTEL_LOG_LEVEL: 'debug',
      OTEL_ATTRIBUTE_COUNT_LIMIT: '5',
      OTEL_PROPAGATORS: 'tracecontext,b3multi,baggage',
      OTEL_SPAN_EVENT_COUNT_LIMIT: '6',
      OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '7',
      OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '8',
      SPILLWAY_EXIT: 'none',
      SPILLWAY_SPOOL_DIRECTORY: '/spool',
    });
  });

  it('has attributes of every type, and those of the list behind them', () => {
    const { resourceAttributes } = plan({
      resource: {
        attributes: [
          { name: 'town', value: 'Concord' },
          { name: 'ports', value: [1, 2], type: 'int_array' },
        ],
        attributes_list: 'town=Boston,street=Main%20Street',
      },
    });
    expect(resourceAttributes).toEqual({ town: 'Concord', ports: [1, 2], street: 'Main Street' });
  });

  it('has a sampler for each kind of parent', () => {
    const sampler = {
      parent_based: {
        root: { trace_id_ratio_based: { ratio: 0.25 } },
        remote_parent_sampled: { always_off: null },
        local_parent_not_sampled: { always_on: null },
      },
    };
    const parts = { sdk: sdkTrace as unknown as TraceSdkModule } as Parameters<typeof madeSampler>[1];
    const made = madeSampler(plan({ tracer_provider: { processors: [], sampler } }).sampler!, parts, () => {});
    expect(made.text).toBe('parent_based trace_id_ratio_based 0.25');
    expect(String(made.sampler)).toBe(
      'ParentBased{root=TraceIdRatioBased{0.25}, remoteParentSampled=AlwaysOffSampler, remoteParentNotSampled=AlwaysOffSampler, localParentSampled=AlwaysOnSampler, localParentNotSampled=AlwaysOnSampler}',
    );
  });

  it.each([
    ['jaeger_remote/development', { initial_sampler: { always_off: null } }, 'always_off', 'AlwaysOffSampler'],
    ['jaeger_remote/development', {}, 'parent_based always_on', 'ParentBased{root=AlwaysOnSampler, '],
    ['xray', {}, 'parent_based always_on', 'ParentBased{root=AlwaysOnSampler, '],
  ])('has another sampler, and says so, if the package of %s is missing: %j', (name, options, text, sampler) => {
    const warnings: string[] = [];
    const parts = { sdk: sdkTrace as unknown as TraceSdkModule, application: applicationAt('/'), line: '3.x' } as const;
    const planned = plan({ tracer_provider: { processors: [], sampler: { [name]: options } } }).sampler!;
    const made = madeSampler(planned, parts as unknown as Parameters<typeof madeSampler>[1], (warning) =>
      warnings.push(warning),
    );
    expect(made.text).toBe(text);
    expect(String(made.sampler).slice(0, sampler.length)).toBe(sampler);
    expect(warnings).toEqual([
      expect.stringMatching(
        new RegExp(`^tracer_provider.sampler.${name} is left out, and ${text} samples instead: .*npm install`),
      ),
    ]);
  });

  it('has a sampler that asks at an endpoint without its last slash', () => {
    const sampler = { 'jaeger_remote/development': { endpoint: 'http://jaeger:5778/', initial_sampler: {} } };
    expect(plan({ tracer_provider: { processors: [], sampler } }).sampler).toMatchObject({
      asked: { endpoint: 'http://jaeger:5778' },
    });
  });

  it('names everything that it cannot follow by its path', () => {
    expect(
      plan({
        'instrumentation/development': { js: {} },
        propagator: { composite: [{ pigeon: null }] },
        resource: { 'detection/development': { detectors: [{ moon: null }] }, schema_url: 'https://schema.test' },
        tracer_provider: exporting({ otlp_http: { tls: { cipher: 'rot13' } } }),
      }).problems,
    ).toEqual([
      'propagator.composite[0].pigeon is left out: no such component is known',
      'resource.detection/development.detectors[0].moon is left out: no such component is known',
      'no effect: instrumentation/development, tracer_provider.processors[0].batch.exporter.otlp_http.tls.cipher, resource.schema_url',
    ]);
  });

  it('replaces the variables of OpenTelemetry, and no others', () => {
    const process = { OTEL_SERVICE_NAME: 'shop', SPILLWAY_EXIT: 'none', HTTPS_PROXY: 'http://proxy:1' };
    const variables = environmentOf(plan({}), process);
    expect(variables).toMatchObject({ SPILLWAY_EXIT: 'none', HTTPS_PROXY: 'http://proxy:1' });
    expect(variables).not.toHaveProperty('OTEL_SERVICE_NAME');
  });
});

describe('a configuration file whose package cannot be used', () => {
  /** An application with a package of this version, which reads every file as the model. */
  function read(version: string, model: unknown, line: SdkLine = '3.x') {
    const failures: string[] = [];
    const installed: InstalledModule = {
      name: '@opentelemetry/configuration',
      version,
      file: '',
      load: () => ({ parseConfigFile: () => model }),
      sibling: () => undefined,
    };
    const application = { path: '/', find: () => installed, lists: () => true };
    const found = readConfigFile('otel.yaml', application, line, (message) => failures.push(message));
    return { found, failures };
  }

  it.each([
    ['0.222.9', '2.x', '^0.223.0'],
    ['0.300.4', '3.x', '^0.301.0'],
  ] as const)('is not used if the package is too old: %s for OpenTelemetry %s', (version, line, wanted) => {
    const { found, failures } = read(version, { file_format: '1.0' }, line);
    expect(found).toBeUndefined();
    expect(failures).toEqual([
      `OTEL_CONFIG_FILE="otel.yaml" is not used, and the other variables apply: @opentelemetry/configuration ${version} is too old. To install a newer one: npm install @opentelemetry/configuration@${wanted}`,
    ]);
  });

  it.each([[undefined], [null], ['text'], [[]]])('is not used if the package returns %j', (model) => {
    const { found, failures } = read('0.301.0', model);
    expect(found).toBeUndefined();
    expect(failures).toEqual([expect.stringMatching(/ did not return a configuration$/)]);
  });

  it.each(['0.301.0', '0.310.2', '1.0.0', 'as given'])('is used with the package in version %s', (version) => {
    const { found, failures } = read(version, { file_format: '1.0' });
    expect(found).toBeDefined();
    expect(failures).toEqual([]);
  });
});

describe('a configuration file whose package is not installed', () => {
  it('is not used, and the line has the command that installs the package', () => {
    const failures: string[] = [];
    const found = readConfigFile('otel.yaml', applicationAt('/'), '3.x', (message) => failures.push(message));
    expect(found).toBeUndefined();
    expect(failures).toEqual([
      'OTEL_CONFIG_FILE="otel.yaml" is not used, and the other variables apply: @opentelemetry/configuration is not installed. To install it: npm install @opentelemetry/configuration@^0.301.0',
    ]);
  });

  it('is looked for once the package is there', () => {
    const application = applicationAt(fileURLToPath(new URL('../../../../test/', import.meta.url)));
    const failures: string[] = [];
    readConfigFile('/missing.yaml', application, '3.x', (message) => failures.push(message));
    expect(failures).toEqual([expect.stringContaining('ENOENT')]);
  });
});
