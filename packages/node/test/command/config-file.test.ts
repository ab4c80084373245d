import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startCollector } from '../../../../test/collector/src/index.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { run, SECRET } from './run.ts';
import { store } from './stored-items.ts';

const folder = useTemporaryFolder();

/** Where the package that reads configuration files is installed. */
const APPLICATION = fileURLToPath(new URL('../../../../test', import.meta.url));

beforeEach(() => {
  vi.spyOn(process, 'cwd').mockReturnValue(APPLICATION);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const fileTo = (url: string): string =>
  folder.file(
    'otel.yaml',
    `file_format: "1.0"
resource: { attributes: [{ name: service.name, value: shop }] }
tracer_provider:
  sampler: { parent_based: { root: { trace_id_ratio_based: { ratio: 0.5 } } } }
  processors:
    - batch: { schedule_delay: 100, exporter: { otlp_http: { endpoint: "${url}/v1/traces", headers: [{ name: key, value: ${SECRET} }] } } }
    - spillway: { strategy: drop_oldest, exporter: { otlp_http: { endpoint: "${url}/v1/traces", encoding: json } } }
logger_provider: { processors: [{ simple: { exporter: { console: } } }] }
`,
  );

interface Row {
  readonly option: string;
  readonly value: string;
  readonly from: readonly string[];
}

describe('config with a configuration file', () => {
  it('shows what comes from the file, and where in it', async () => {
    const env = { OTEL_CONFIG_FILE: fileTo('http://collector:4318'), OTEL_BSP_SCHEDULE_DELAY: '7' };
    const { out } = await run(['config', '--json'], env);
    expect(out).not.toContain(SECRET);
    const printed = JSON.parse(out) as Record<string, readonly Row[]>;
    const row = (section: string, option: string) => {
      const { value, from } = printed[section]!.find((found) => found.option === option)!;
      return [value, ...from];
    };
    expect(row('registration', 'configFile')).toEqual([env.OTEL_CONFIG_FILE, 'OTEL_CONFIG_FILE']);
    expect(row('registration', 'serviceName')).toEqual(['shop', 'resource']);
    expect(row('traces', 'sampler')).toEqual(['parent_based trace_id_ratio_based 0.5', 'tracer_provider.sampler']);
    const first = 'tracer_provider.processors[0].batch';
    expect(row('traces', 'scheduledDelayMillis')).toEqual(['100', `${first}.schedule_delay`]);
    expect(row('traces', 'url')).toEqual(['http://collector:4318/v1/traces', `${first}.exporter.otlp_http.endpoint`]);
    expect(row('traces', 'headers')).toEqual(['key=***', `${first}.exporter.otlp_http.headers`]);
    const second = 'tracer_provider.processors[1].spillway';
    expect(row('traces', '[1].strategy')).toEqual(['drop_oldest', `${second}.strategy`]);
    expect(row('traces', '[1].protocol')).toEqual(['http/json', `${second}.exporter.otlp_http.encoding`]);
    expect(row('logs', 'exporters')).toEqual(['console', 'logger_provider.processors[0]']);
    expect(row('metrics', 'exporters')).toEqual(['none', 'meter_provider.readers']);
    expect(printed['warnings']).toEqual([]);
  });

  it('says why a file is not used, and shows the variables', async () => {
    const { out } = await run(['config'], { OTEL_CONFIG_FILE: '/missing.yaml', OTEL_SERVICE_NAME: 'shop' });
    expect(out).toMatch(/warning OTEL_CONFIG_FILE="\/missing.yaml" is not used, and the other variables apply: ENOENT/);
    expect(out).toMatch(/serviceName +shop +OTEL_SERVICE_NAME/);
  });
});

describe('doctor with a configuration file', () => {
  it('sends an item through each of its OTLP exporters, as the file says', async () => {
    await using collector = await startCollector();
    const { out } = await run(['doctor'], { OTEL_CONFIG_FILE: fileTo(collector.url) });
    expect(out).toContain(
      `traces to ${collector.url}/v1/traces (tracer_provider.processors[0].batch.exporter.otlp_http.endpoint)`,
    );
    expect(out).toContain('(tracer_provider.processors[1].spillway.exporter.otlp_http.endpoint)');
    expect(out).toContain('logs do not go to OTLP, because of logger_provider.processors[0]: nothing was sent');
    expect(out).toContain('metrics do not go to OTLP, because of meter_provider.readers: nothing was sent');
    expect(collector.requests).toHaveLength(2);
    expect(new Map(collector.requests.map(({ headers }) => [headers['content-type'], headers['key']]))).toEqual(
      new Map([
        ['application/x-protobuf', SECRET],
        ['application/json', undefined],
      ]),
    );
  });
});

describe('spool with a configuration file', () => {
  it('sends what each of its processors has stored with the exporter of that one, from the folder that it names', async () => {
    await using first = await startCollector();
    await using second = await startCollector();
    const directory = folder.path('spool');
    await store({ directory, spans: 3, moreSpans: 2, logRecords: 1 });
    const processor = (url: string, key: string): string =>
      `batch: { exporter: { otlp_http: { endpoint: "${url}/v1/traces", headers: [{ name: key, value: ${key} }] } } }`;
    const OTEL_CONFIG_FILE = folder.file(
      'spool.yaml',
      `file_format: "1.0"
distribution: { spillway: { spool_directory: "${directory}" } }
tracer_provider:
  processors:
    - ${processor(first.url, 'first')}
    - batch: { exporter: { console: } }
    - ${processor(second.url, 'second')}
`,
    );
    const { out } = await run(['spool', 'replay'], { OTEL_CONFIG_FILE });
    expect(out).toMatch(/^Delivered 5 of 6 items .*\n1 item is left\./);
    expect(out).toMatch(/\nwarning .*\/logs is not sent: the configuration file describes no OTLP exporter for it\n/);
    expect(first.countsOf('traces').unique).toBe(3);
    expect(second.countsOf('traces').unique).toBe(2);
    expect([...first.requests, ...second.requests].map(({ headers }) => headers['key'])).toEqual(['first', 'second']);
  });
});
