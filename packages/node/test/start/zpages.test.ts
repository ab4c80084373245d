import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

const TOKEN = 'a-token-of-some-length';

/** Prints what the page says, at the address that the log has, and whether it still answers after the shutdown. */
const LOOK = (options: string, authorization = '') => `
  const address = Promise.withResolvers();
  const add = (text) => { const [url] = /http:\\/\\/[^ ]+:\\d+\\/$/.exec(text) ?? []; if (text.includes('live page') && url) address.resolve(url); };
  diag.setLogger({ error: console.log, warn: console.log, info: add, debug() {}, verbose() {} }, { suppressOverrideMessage: true });
  const handle = start({ application, ${options} });
  const hold = setTimeout(() => {}, 10_000);
  const url = await address.promise;
  const ask = () => fetch(url, { headers: { accept: 'application/json', authorization: ${JSON.stringify(authorization)} } });
  trace.getTracer('test').startSpan('order').end();
  const { name, pipelines } = await (await ask()).json();
  console.log(JSON.stringify([new URL(url).hostname, name, pipelines.map(({ signal }) => signal)]));
  await handle.shutdown();
  console.log(await ask().then(() => 'answers', () => 'is gone'));
  clearTimeout(hold);`;

const WITHOUT_COLLECTOR = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };

describe('the live page of a start', () => {
  it.each([
    ['the variable', '', { SPILLWAY_ZPAGES_PORT: '0' }],
    ['the option', 'zpages: { port: 0 }', {}],
  ])(
    'is served if %s sets its port, has a row for each signal, and ends with the shutdown',
    async (_, options, env) => {
      const { stdout, stderr } = await programs.run(LOOK(options), {
        ...WITHOUT_COLLECTOR,
        OTEL_SERVICE_NAME: 'shop',
        ...env,
      });
      expect(stdout, stderr).toContain('["127.0.0.1","shop",["traces","logs","metrics"]]\n');
      expect(stdout).toMatch(/is gone\n$/);
    },
  );

  it('is not served without a port, or if code says so', async () => {
    const program = `start({ application, ZPAGES }); setTimeout(() => process.exit(), 500);`;
    for (const [zpages, env] of [
      ['', {}],
      ['zpages: false', { SPILLWAY_ZPAGES_PORT: '0' }],
      ['disabled: true', { SPILLWAY_ZPAGES_PORT: '0' }],
    ] as const) {
      const { stderr } = await programs.run(program.replace('ZPAGES', zpages), { ...WITHOUT_COLLECTOR, ...env });
      expect(stderr).not.toContain('live page');
    }
  });

  it('may be reached from other machines with a token', async () => {
    const { stdout, stderr } = await programs.run(LOOK('', `Bearer ${TOKEN}`), {
      ...WITHOUT_COLLECTOR,
      SPILLWAY_ZPAGES_PORT: '0',
      SPILLWAY_ZPAGES_HOST: '0.0.0.0',
      SPILLWAY_ZPAGES_TOKEN: TOKEN,
    });
    expect(stdout, stderr).toContain('["0.0.0.0",');
    expect(stdout + stderr).not.toContain(TOKEN);
  });

  it.each([
    [
      { SPILLWAY_ZPAGES_HOST: '0.0.0.0' },
      'SPILLWAY_ZPAGES_HOST=0.0.0.0 is ignored, because other machines could reach',
    ],
    [{ SPILLWAY_ZPAGES_TOKEN: 'short' }, 'SPILLWAY_ZPAGES_TOKEN is ignored, because it is shorter than 16 characters'],
    [
      { SPILLWAY_ZPAGES_HOST: '0.0.0.0', SPILLWAY_ZPAGES_TOKEN: 'short' },
      'SPILLWAY_ZPAGES_HOST=0.0.0.0 is ignored, because other machines could reach',
    ],
  ])('is served at 127.0.0.1 with %j, and a warning', async (env, warning) => {
    const { stdout, stderr } = await programs.run(LOOK(''), {
      ...WITHOUT_COLLECTOR,
      SPILLWAY_ZPAGES_PORT: '0',
      ...env,
    });
    expect(stdout, stderr).toContain('["127.0.0.1",');
    expect(stdout).toContain(warning);
    expect(stdout).not.toContain('short"');
  });

  it('costs only a warning if the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await programs.run(
      `start({ application }); trace.getTracer('test').startSpan('order').end(); await new Promise((resolve) => setTimeout(resolve, 700));`,
      { ...WITHOUT_COLLECTOR, SPILLWAY_ZPAGES_PORT: String(port) },
    );
    expect(code).toBe(0);
    expect(stderr).toContain(`Spillway cannot serve its live page: port ${port} is in use`);
  });

  it.each([
    ['zpages: { port: 70_000 }', 'zpages.port must be a whole number from 0 to 65535, got 70000'],
    ["zpages: { host: '0.0.0.0' }", 'zpages.token is needed'],
    ['zpages: 7', 'zpages must be an object, or false, got number'],
  ])('with a wrong option (%s) is a start that throws, before anything is registered', async (option, message) => {
    const { stdout } = await programs.run(
      `try { start({ application, ${option} }); } catch (error) { console.log(error.message, trace.getTracerProvider().getDelegate().constructor.name); }`,
    );
    expect(stdout).toContain(message);
    expect(stdout).toContain('NoopTracerProvider');
  });
});
