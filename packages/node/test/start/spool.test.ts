import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { useStartedPrograms } from './started-program.ts';

const folder = useTemporaryFolder();
const programs = useStartedPrograms();

const EMIT = `trace.getTracer('test').startSpan('order').end(); logs.getLogger('test').emit({ body: 'order placed', attributes: { 'log.record.uid': String(process.pid) } });`;
/** Without a registered SDK of metrics, so that only what is emitted here counts. */
const TWO_SIGNALS = { OTEL_METRICS_EXPORTER: 'none' };
const NOBODY = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', ...TWO_SIGNALS };

let directory: string;
let count = 0;
beforeEach(() => (directory = folder.path(`spool.${(count += 1)}`)));

const variables = (others: Readonly<Record<string, string>> = {}) => ({
  SPILLWAY_SPOOL_DIRECTORY: directory,
  ...others,
});

const SPOOL_LOADED = `Object.keys(process.getBuiltinModule('node:module')._cache).some((file) => file.includes('/packages/spool/'))`;

/** A process that has nothing itself, and sends what others have left. */
const REPLAYING = `
  const handle = start({ application, serviceName: 'shop' });
  while (handle.status().spool.items + handle.status().spool.bytes > 0 || Object.values(handle.status().signals).every(({ exporters }) => exporters[0].metrics.eventsFlushed === 0)) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(JSON.stringify(handle.status().spool));
  await handle.shutdown();`;

async function replayed(env: Readonly<Record<string, string>>) {
  await using collector: Collector = await startCollector();
  const ended = await programs.run(REPLAYING, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    ...TWO_SIGNALS,
    ...env,
  });
  return {
    ...ended,
    spans: collector.spans().map(({ span }) => span.name),
    records: collector.logRecords().map(({ logRecord }) => logRecord.body?.stringValue),
  };
}

describe('a spool that variables ask for', () => {
  it('has what is left at process.exit(), in the folder of the service, and the next process sends it', async () => {
    const first = await programs.run(
      `const handle = start({ application, serviceName: 'shop' }); ${EMIT} console.log(JSON.stringify(handle.status().spool)); process.exit(3);`,
      { ...NOBODY, ...variables() },
    );
    expect(first.code).toBe(3);
    expect(JSON.parse(first.stdout)).toEqual({ directory, items: 0, bytes: 0, takenOver: 0 });
    expect(first.stderr.split('\n')).toEqual([
      expect.stringMatching(
        new RegExp(`^otel info: Spillway ships traces to .*, logs to .*; spool in ${directory}; OpenTelemetry 3`),
      ),
      'otel info: Spillway: stored 2 items in the spool as the process ended',
      '',
    ]);
    expect(readdirSync(directory)).toEqual(['shop']);

    const second = await replayed(variables());
    expect(second).toMatchObject({ code: 0, spans: ['order'], records: ['order placed'] });
    expect(JSON.parse(second.stdout)).toEqual({ directory, items: 0, bytes: 0, takenOver: 0 });
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['OTEL_SERVICE_NAME', '', { OTEL_SERVICE_NAME: 'shop' }, 'shop'],
    ['OTEL_RESOURCE_ATTRIBUTES', '', { OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop' }, 'shop'],
    ['code', "serviceName: 'shop'", { OTEL_SERVICE_NAME: 'other' }, 'shop'],
    ['the executable', '', {}, expect.stringMatching(new RegExp(`^unknown_service_${basename(process.execPath)}-`))],
  ] as const)('has its folder from the name of the service, which is from %s', async (_, options, env, name) => {
    await programs.run(`start({ application, ${options} }); ${EMIT} process.exit();`, {
      ...NOBODY,
      ...variables(),
      ...env,
    });
    expect(readdirSync(directory)).toEqual([name]);
  });

  it('is not used by exit: ship, except for what cannot be shipped', async () => {
    await using collector = await startCollector();
    const { stderr } = await programs.run(`start({ application }); ${EMIT} process.exit();`, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      SPILLWAY_EXIT: 'ship',
      ...variables(TWO_SIGNALS),
    });
    expect(stderr).not.toContain('as the process ended');
    expect(collector.counts()).toMatchObject({ unique: 2, duplicates: 0 });
    expect(existsSync(directory)).toBe(false);
  });

  it('is loaded only then', async () => {
    const program = (options: string) =>
      `start({ application, ${options} }); console.log(${SPOOL_LOADED}); process.exit();`;
    expect((await programs.run(program(''), NOBODY)).stdout).toBe('false\n');
    expect((await programs.run(program('disabled: true'), { ...NOBODY, ...variables() })).stdout).toBe('false\n');
    expect((await programs.run(program('spool: false'), { ...NOBODY, ...variables() })).stdout).toBe('false\n');
    expect((await programs.run(program(''), { ...NOBODY, ...variables() })).stdout).toBe('true\n');
  });

  it('is one for all signals, each with its own files', async () => {
    const program = `start({ application, serviceName: 'shop' }); ${EMIT} metrics.getMeter('test').createCounter('orders').add(1); process.exit();`;
    await programs.run(program, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', ...variables() });
    const [process = '', ...others] = readdirSync(`${directory}/shop`);
    expect(others).toEqual([]);
    expect(readdirSync(`${directory}/shop/${process}`).toSorted()).toEqual(['logs', 'metrics', 'owner.json', 'traces']);
  });

  it('that cannot be used costs a line, and the pipelines go on without it', async () => {
    await using collector = await startCollector();
    const { code, stderr } = await programs.run(`start({ application }); ${EMIT} process.exit(3);`, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...variables({ ...TWO_SIGNALS, SPILLWAY_SPOOL_DIRECTORY: '/proc/spool', SPILLWAY_SPOOL_SYNC: 'sometimes' }),
    });
    expect(code).toBe(3);
    expect(stderr).toContain('otel warn: Spillway: SPILLWAY_SPOOL_SYNC="sometimes" is ignored: expected never');
    expect(stderr).toContain('cannot write to /proc/spool: ');
    expect(collector.counts()).toMatchObject({ unique: 2, duplicates: 0 });
  });
});

describe('a spool that code gives', () => {
  it('is used instead of the one of the variables', async () => {
    const own = folder.path('own');
    const { stderr } = await programs.run(
      `start({ application, spool: new Spool({ directory: ${JSON.stringify(own)}, service: 'mine' }) }); ${EMIT} process.exit();`,
      { ...NOBODY, ...variables() },
    );
    expect(stderr).toContain('; spool in a place of the application; ');
    expect(readdirSync(own)).toEqual(['mine']);
    expect(existsSync(directory)).toBe(false);
  });

  it('is refused if it is none', async () => {
    const { code, stderr } = await programs.run('start({ application, spool: {} });', NOBODY);
    expect(code).toBe(1);
    expect(stderr).toContain('TypeError: spool must be a Spool, another object with a join function, or false');
  });
});
