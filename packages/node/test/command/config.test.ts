import { describe, expect, it } from 'vitest';
import { defaultServiceName } from '../../src/sdk/resource.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { run, SECRET } from './run.ts';

interface Row {
  readonly option: string;
  readonly value: string;
  readonly from: readonly string[];
}

interface Printed {
  readonly registration: readonly Row[];
  readonly traces: readonly Row[];
  readonly logs: readonly Row[];
  readonly warnings: readonly string[];
}

async function config(env: Readonly<Record<string, string>>): Promise<Printed> {
  const { code, out } = await run(['config', '--json'], env);
  expect(code).toBe(0);
  return JSON.parse(out) as Printed;
}

const rowOf = (rows: readonly Row[], option: string): Row | undefined => rows.find((row) => row.option === option);

const { file } = useTemporaryFolder();

describe('the effective configuration', () => {
  it('has only defaults if nothing is set', async () => {
    const printed = await config({});
    expect(printed.warnings).toEqual([]);
    expect([...printed.registration, ...printed.traces, ...printed.logs].every(({ from }) => from.length === 0)).toBe(
      true,
    );
    expect(rowOf(printed.registration, 'serviceName')?.value).toBe(defaultServiceName());
    expect(rowOf(printed.logs, 'strategy')).toEqual({ option: 'strategy', value: 'drop_oldest', from: [] });
  });

  it('shows each value and the variable it came from', async () => {
    const printed = await config({
      OTEL_SERVICE_NAME: 'shop',
      OTEL_PROPAGATORS: 'Baggage',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/otlp',
      OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '0',
      OTEL_BSP_MAX_QUEUE_SIZE: '100',
      OTEL_RESOURCE_ATTRIBUTES: 'shop.town=Concord%2C%20MA',
    });
    expect(rowOf(printed.registration, 'serviceName')).toEqual({
      option: 'serviceName',
      value: 'shop',
      from: ['OTEL_SERVICE_NAME'],
    });
    expect(rowOf(printed.registration, 'propagators')?.value).toBe('baggage');
    expect(rowOf(printed.registration, 'resourceAttributes')?.value).toBe('shop.town=Concord, MA');
    expect(rowOf(printed.traces, 'url')).toEqual({
      option: 'url',
      value: 'http://collector:4318/otlp/v1/traces',
      from: ['OTEL_EXPORTER_OTLP_ENDPOINT'],
    });
    expect(rowOf(printed.logs, 'timeoutMillis')).toEqual({
      option: 'timeoutMillis',
      value: 'no limit',
      from: ['OTEL_EXPORTER_OTLP_LOGS_TIMEOUT'],
    });
    expect(rowOf(printed.traces, 'maxExportBatchSize')).toEqual({
      option: 'maxExportBatchSize',
      value: '100',
      from: [],
    });
    expect(printed.warnings).toEqual([]);
  });

  it('warns even if a registration in the same process has already warned', async () => {
    const env = { SPILLWAY_STRATEGIE: 'block', OTEL_BSP_MAX_QUEUE_SIZE: 'many' };
    const { warnings } = await config(env);
    expect(warnings).toHaveLength(2);
    expect((await config(env)).warnings).toEqual(warnings);
  });

  it('shows the service name from either variable', async () => {
    const attributes = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop,a=b' };
    expect(rowOf((await config(attributes)).registration, 'serviceName')).toMatchObject({
      value: 'shop',
      from: ['OTEL_RESOURCE_ATTRIBUTES'],
    });
    expect(
      rowOf((await config({ ...attributes, OTEL_SERVICE_NAME: 'till' })).registration, 'serviceName'),
    ).toMatchObject({ value: 'till', from: ['OTEL_SERVICE_NAME'] });
  });

  it('shows the proxy that requests go through', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.test',
      HTTPS_PROXY: `http://user:${SECRET}@proxy.test:3128`,
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://localhost:4318',
    };
    const printed = await config(env);
    expect(rowOf(printed.traces, 'proxy')).toEqual({
      option: 'proxy',
      value: 'http://proxy.test:3128',
      from: ['HTTPS_PROXY'],
    });
    expect(rowOf((await config({ ...env, https_proxy: 'other.test:8080' })).traces, 'proxy')).toMatchObject({
      value: 'http://other.test:8080',
      from: ['https_proxy'],
    });
    expect(rowOf(printed.logs, 'proxy')).toEqual({ option: 'proxy', value: 'none', from: [] });
    expect(JSON.stringify(printed)).not.toContain(SECRET);
  });

  it('masks secrets, and names the headers', async () => {
    const key = file('client.key', SECRET);
    const env = {
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET},x-tenant=${SECRET}`,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `https://user:${SECRET}@collector/v1/traces?key=${SECRET}`,
      OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY: `-----BEGIN PRIVATE KEY-----${SECRET}`,
      OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: key,
    };
    const printed = await config(env);
    expect(rowOf(printed.traces, 'headers')?.value).toBe('authorization=***, x-tenant=***');
    expect(rowOf(printed.traces, 'url')?.value).toBe('https://***@collector/v1/traces?***');
    expect(rowOf(printed.traces, 'clientKeyFile')?.value).toBe(key);
    expect(rowOf(printed.logs, 'clientKeyFile')?.value).toBe('*** (no file of that name)');
    expect(JSON.stringify(printed)).not.toContain(SECRET);
    expect((await run(['config'], env)).out).not.toContain(SECRET);
  });

  it('warns once of each variable that cannot be used, even if both signals read it', async () => {
    const { warnings } = await config({
      OTEL_EXPORTER_OTLP_TIMEOUT: '10s',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/no/such/file',
      SPILLWAY_STRATGEY: 'block',
      OTEL_TRACES_SAMPLER: 'sometimes',
    });
    expect(warnings).toHaveLength(4);
    expect(warnings).toEqual(
      expect.arrayContaining([
        expect.stringContaining('OTEL_EXPORTER_OTLP_TIMEOUT="10s" is ignored'),
        'OTEL_EXPORTER_OTLP_CERTIFICATE: its file cannot be read (ENOENT)',
        '"SPILLWAY_STRATGEY" is not known and has no effect: did you mean SPILLWAY_STRATEGY?',
        expect.stringContaining('OTEL_TRACES_SAMPLER="sometimes" is ignored'),
      ]),
    );
  });

  it('names a variable that cannot be used next to the value that applies', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' };
    const url = {
      option: 'url',
      value: 'http://localhost:4318/v1/logs',
      from: [],
      ignored: ['OTEL_EXPORTER_OTLP_ENDPOINT'],
    };
    expect(rowOf((await config(env)).logs, 'url')).toEqual(url);
    expect((await run(['config'], env)).out).toMatch(
      /^ {2}url {2,}http:\/\/localhost:4318\/v1\/logs {2,}default; OTEL_EXPORTER_OTLP_ENDPOINT is ignored$/m,
    );
  });

  it('does not hang if a device is named as a certificate', async () => {
    const { warnings } = await config({ OTEL_EXPORTER_OTLP_CERTIFICATE: '/dev/zero' });
    expect(warnings).toEqual(['OTEL_EXPORTER_OTLP_CERTIFICATE: its file cannot be read (it is not a regular file)']);
  });

  it.each([
    ['SPILLWAY_EXIT', 'stay', /^SPILLWAY_EXIT="stay" is ignored: expected ship, spool, none/],
    ['SPILLWAY_MADE_UP', '9090', /"SPILLWAY_MADE_UP" is not known and has no effect/],
    [
      'OTEL_METRICS_EXEMPLAR_FILTER',
      'always_on',
      /no effect: the metrics SDKs of OpenTelemetry JS record no exemplars/,
    ],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'thrift', /is ignored: expected http\/protobuf, http\/json, grpc/],
    ['OTEL_TRACES_SAMPLER', 'sometimes', /is ignored: expected always_on/],
    ['OTEL_EXPORTER_OTLP_INSECURE', 'true', /no effect: TLS is used, since OTEL_EXPORTER_OTLP_ENDPOINT/],
  ])('warns once that %s=%s has no effect', async (name, value, words) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.test', [name]: value };
    expect((await config(env)).warnings).toEqual([expect.stringMatching(words)]);
  });

  it('shows the spool, and that the end of a process uses it', async () => {
    const env = { SPILLWAY_SPOOL_DIRECTORY: '/var/spool/otel', SPILLWAY_SPOOL_MAX_AGE: '0' };
    const { registration } = await config(env);
    const shown = ['exit', 'spoolDirectory', 'spoolMaxBytes', 'spoolSync', 'spoolMaxAgeMillis'].map((option) => {
      const { value, from } = rowOf(registration, option) ?? {};
      return [value, ...(from ?? [])];
    });
    expect(shown).toEqual([
      ['spool'],
      ['/var/spool/otel', 'SPILLWAY_SPOOL_DIRECTORY'],
      ['512MiB'],
      ['interval'],
      ['no limit', 'SPILLWAY_SPOOL_MAX_AGE'],
    ]);
    expect(rowOf((await config({})).registration, 'exit')?.value).toBe('ship');
    expect(rowOf((await config({ ...env, SPILLWAY_EXIT: 'ship' })).registration, 'exit')?.value).toBe('ship');
  });

  it('warns of settings of a spool if there is none', async () => {
    const { warnings } = await config({ SPILLWAY_SPOOL_SYNC: 'always', SPILLWAY_SPOOL_MAX_BYTES: '64MiB' });
    expect(warnings).toEqual([
      'SPILLWAY_SPOOL_MAX_BYTES has no effect: SPILLWAY_SPOOL_DIRECTORY is not set',
      'SPILLWAY_SPOOL_SYNC has no effect: SPILLWAY_SPOOL_DIRECTORY is not set',
    ]);
  });

  it('is printed in columns, and without colours if the output is not a terminal', async () => {
    const { out } = await run(['config'], { SPILLWAY_EXIT: 'none' });
    expect(out).toMatch(/^registration\n/);
    expect(out).toMatch(/^ {2}exit {2,}none {2,}SPILLWAY_EXIT$/m);
    expect(out).toMatch(/^ {2}logLevel {2,}info {2,}default$/m);
    expect(out).toMatch(/\n\ntraces\n[^]*\n\nlogs\n[^]*\n\nNo warnings\.\n$/);
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/\u001b/);
  });
});
