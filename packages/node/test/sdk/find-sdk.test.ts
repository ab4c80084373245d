import { join, sep } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applicationAt } from '../../src/sdk/application.ts';
import { findSdk } from '../../src/sdk/find-sdk.ts';
import { modulesOf, type SdkLine } from '../../src/sdk/sdk-line.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';

const folder = useTemporaryFolder();

type Versions = Readonly<Record<string, string>>;

let applications = 0;

/**
 * Looks for the SDK in an application that has these packages, which are found and never run.
 * @param versions by name, without scope unless the scope is another
 * @param listed the names in its package.json
 */
function searchIn(versions: Versions, listed?: readonly string[]) {
  applications += 1;
  const at = folder.path(`application-${applications}`);
  for (const [name, version] of Object.entries(versions)) {
    const fullName = name.startsWith('@') ? name : `@opentelemetry/${name}`;
    const file = join(at, 'node_modules', fullName);
    mkdirSync(file, { recursive: true });
    writeFileSync(
      join(file, 'package.json'),
      JSON.stringify({ name: fullName.replace(/.*node_modules\//, ''), version }),
    );
    writeFileSync(join(file, 'index.js'), 'throw new Error("never run");');
  }
  const dependencies = Object.fromEntries((listed ?? []).map((name) => [`@opentelemetry/${name}`, '*']));
  if (listed !== undefined) writeFileSync(join(at, 'package.json'), JSON.stringify({ dependencies }));
  return findSdk(applicationAt(at + sep));
}

function findIn(versions: Versions, listed?: readonly string[]) {
  const search = searchIn(versions, listed);
  if ('problem' in search) throw new Error(search.problem);
  const { line, missing, api } = search.sdk;
  const modules = modulesOf(search.sdk).map(({ name }) => name.replace('@opentelemetry/', ''));
  return { line, missing, modules, api: api.version, logsApi: search.sdk.signals.logs?.globalApi?.name };
}

function problemIn(versions: Versions, listed?: readonly string[]): string {
  const search = searchIn(versions, listed);
  return 'problem' in search ? search.problem : 'none';
}

const LINE_2 = { api: '1.9.1', 'api-logs': '0.223.1', 'sdk-trace-base': '2.12.1', 'sdk-logs': '0.223.1' };
const LINE_3 = { api: '1.10.0', 'sdk-trace': '3.1.1', 'sdk-logs': '3.1.1' };

describe('the SDK of an application', () => {
  it.each([
    ['2.x', { ...LINE_2, 'sdk-metrics': '2.12.1' }, ['sdk-trace-base', 'sdk-logs', 'sdk-metrics', 'api']],
    ['3.x', { ...LINE_3, 'sdk-metrics': '3.1.1' }, ['sdk-trace', 'sdk-logs', 'sdk-metrics', 'api']],
  ])('is of line %s and has every signal', (line, versions, modules) => {
    expect(findIn(versions)).toMatchObject({ line, missing: {}, modules });
  });

  it.each([
    ['2.x', LINE_2, 'npm install @opentelemetry/sdk-metrics@^2.0.0 @opentelemetry/api@~1.9.0'],
    ['3.x', LINE_3, 'npm install @opentelemetry/sdk-metrics@^3.0.0 @opentelemetry/api@^1.10.0'],
  ])(
    'has traces and logs on line %s without the one for metrics, and says what to install',
    (line, versions, install) => {
      const found = findIn(versions);
      expect(found.line).toBe(line);
      expect(found.missing).toEqual({
        metrics: `metrics are left out: no SDK for metrics is installed. To have them: ${install}`,
      });
    },
  );

  it('has no metrics if their package belongs to the other line', () => {
    const { missing, modules } = findIn({ ...LINE_3, 'sdk-metrics': '2.12.1' });
    expect(missing.metrics).toContain('@opentelemetry/sdk-metrics 2.12.1 does not belong to OpenTelemetry 3.x');
    expect(modules).not.toContain('sdk-metrics');
  });

  it.each([
    ['2.x', { api: '1.9.1', 'sdk-metrics': '2.12.1' }],
    ['3.x', { api: '1.10.0', 'sdk-metrics': '3.1.1' }],
  ])('may have metrics only, which tell line %s', (line, versions) => {
    const found = findIn(versions);
    expect(found).toMatchObject({ line, modules: ['sdk-metrics', 'api'] });
    expect(Object.keys(found.missing)).toEqual(['traces', 'logs']);
  });

  it.each<[SdkLine, string, string, Versions]>([
    ['2.x', '@opentelemetry/sdk-logs 0.57.2', 'logs', { ...LINE_2, 'sdk-logs': '0.57.2' }],
    ['2.x', '@opentelemetry/sdk-metrics 1.30.1', 'metrics', { ...LINE_2, 'sdk-metrics': '1.30.1' }],
    ['3.x', '@opentelemetry/sdk-metrics 4.0.0', 'metrics', { ...LINE_3, 'sdk-metrics': '4.0.0' }],
  ])('is of line %s without %s, which belongs to no line', (line, module, signal, versions) => {
    const found = findIn(versions);
    expect(found.line).toBe(line);
    expect(found.missing).toHaveProperty(signal, expect.stringContaining(`${module} does not belong`));
  });

  it.each([
    ['sdk-trace-base', { api: '1.9.1', 'sdk-trace-base': '2.12.1', 'sdk-trace': '2.12.1' }],
    ['sdk-trace-node', { api: '1.9.1', 'sdk-trace-node': '2.12.1' }],
  ])('of line 2.x is %s', (module, versions) => {
    expect(findIn(versions)).toMatchObject({ line: '2.x', modules: [module, 'api'] });
  });

  it.each<[SdkLine, string]>([
    ['3.x', 'sdk-trace'],
    ['2.x', 'sdk-trace-base'],
    ['2.x', 'sdk-trace-node'],
  ])('is of line %s if both lines are installed and package.json has %s', (line, listed) => {
    expect(findIn({ ...LINE_3, ...LINE_2, 'sdk-trace-node': '2.12.1', api: '1.10.0' }, [listed]).line).toBe(line);
  });

  it.each([[[]], [['sdk-trace', 'sdk-trace-base']]])(
    'is not known if both lines are installed and package.json has %j',
    (listed) => {
      expect(problemIn({ ...LINE_2, ...LINE_3 }, listed)).toBe(
        'two OpenTelemetry SDKs are installed, @opentelemetry/sdk-trace 3.1.1 and @opentelemetry/sdk-trace-base 2.12.1, and package.json does not say which one is used. Keep one: npm uninstall @opentelemetry/sdk-trace-base @opentelemetry/sdk-trace-node, or npm uninstall @opentelemetry/sdk-trace',
      );
    },
  );

  const installAll =
    'For traces, logs, metrics: npm install @opentelemetry/sdk-trace@^3.0.0 @opentelemetry/sdk-logs@^3.0.0 @opentelemetry/sdk-metrics@^3.0.0 @opentelemetry/api@^1.10.0';
  const OURS = { '@spillway/node': '0.1.0' };

  it.each<[string, Versions, string]>([
    ['nothing is installed', OURS, `no OpenTelemetry SDK is installed. ${installAll}`],
    [
      'the installed ones are too old',
      { ...OURS, 'sdk-trace-base': '1.30.1', 'sdk-logs': '0.57.2' },
      `@opentelemetry/sdk-trace-base 1.30.1 and @opentelemetry/sdk-logs 0.57.2 cannot be used. ${installAll}`,
    ],
    [
      'the installed one is of no known line',
      { ...OURS, 'sdk-trace': '4.0.0' },
      `@opentelemetry/sdk-trace 4.0.0 cannot be used. ${installAll}`,
    ],
    [
      'the installed one has the name of the one line and the version of the other',
      { ...OURS, 'sdk-trace-base': '3.0.0' },
      `@opentelemetry/sdk-trace-base 3.0.0 cannot be used. ${installAll}`,
    ],
    [
      'the api is missing',
      { 'sdk-trace': '3.1.1' },
      '@opentelemetry/api is not installed. To install it: npm install @opentelemetry/api@^1.10.0',
    ],
    [
      'the api is too old for line 3.x',
      { 'sdk-trace': '3.1.1', api: '1.9.1' },
      '@opentelemetry/api 1.9.1 does not fit OpenTelemetry 3.x, which needs 1.10.0 or newer: npm install @opentelemetry/api@^1.10.0',
    ],
    [
      'the api is too old for line 2.x',
      { 'sdk-trace-base': '2.12.1', api: '1.8.0' },
      '@opentelemetry/api 1.8.0 does not fit OpenTelemetry 2.x, which needs 1.9.0 or newer: npm install @opentelemetry/api@~1.9.0',
    ],
    [
      'the api is of a later major version',
      { 'sdk-trace': '3.1.1', api: '2.0.0' },
      '@opentelemetry/api 2.0.0 does not fit OpenTelemetry 3.x, which needs 1.10.0 or newer: npm install @opentelemetry/api@^1.10.0',
    ],
  ])('cannot be used if %s, and the problem says what to install', (_, versions, problem) => {
    expect(problemIn(versions)).toBe(problem);
  });

  it('cannot be looked up in a bundled application, and the problem says what to pass', () => {
    expect(problemIn({})).toMatch(
      /^no OpenTelemetry SDK can be found from .*application-\d+.*, and @spillway\/node cannot be found there either: .*start\(\{ application \}\)\. In a bundle, write this .*start\(\{ sdk: \{ /s,
    );
  });

  it.each([
    ['its own', { api: '1.10.2', 'sdk-trace/node_modules/@opentelemetry/api': '1.10.1' }, '1.10.2'],
    ['that of its SDK', { api: '1.9.1', 'sdk-trace/node_modules/@opentelemetry/api': '1.10.1' }, '1.10.1'],
  ])('comes with the newest copy of the api, such as %s', (_, copies, version) => {
    expect(findIn({ ...LINE_3, ...copies }).api).toBe(version);
  });

  it.each<[string, Versions, string | undefined]>([
    ['of the application', LINE_2, '@opentelemetry/api-logs'],
    [
      'of its SDK for logs',
      { api: '1.9.1', 'sdk-logs': '0.223.1', 'sdk-logs/node_modules/@opentelemetry/api-logs': '0.223.1' },
      '@opentelemetry/api-logs',
    ],
    ['of the api on line 3.x', LINE_3, '@opentelemetry/api'],
    ['of none', { api: '1.9.1', 'sdk-logs': '0.223.1' }, undefined],
  ])('has its global provider of logs in the package %s', (_, versions, name) => {
    expect(findIn(versions).logsApi).toBe(name);
  });
});
