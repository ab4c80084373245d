import { join, sep } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applicationAt } from '../../src/sdk/application.ts';
import { findSdk } from '../../src/sdk/find-sdk.ts';
import { modulesOf } from '../../src/sdk/sdk-line.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';

const folder = useTemporaryFolder();

/** Looks for the SDK in an application that has these packages, which are found and never run. */
function findIn(versions: Readonly<Record<string, string>>) {
  const at = folder.path(`application-${Math.random().toString(36).slice(2)}`);
  for (const [name, version] of Object.entries(versions)) {
    const file = join(at, 'node_modules/@opentelemetry', name);
    mkdirSync(file, { recursive: true });
    writeFileSync(join(file, 'package.json'), JSON.stringify({ name: `@opentelemetry/${name}`, version }));
    writeFileSync(join(file, 'index.js'), 'throw new Error("never run");');
  }
  const search = findSdk(applicationAt(at + sep));
  if ('problem' in search) throw new Error(search.problem);
  const { line, missing } = search.sdk;
  return { line, missing, modules: modulesOf(search.sdk).map(({ name }) => name.replace('@opentelemetry/', '')) };
}

const LINE_2 = { api: '1.9.1', 'api-logs': '0.223.1', 'sdk-trace-base': '2.12.1', 'sdk-logs': '0.223.1' };
const LINE_3 = { api: '1.10.0', 'sdk-trace': '3.1.1', 'sdk-logs': '3.1.1' };

describe('the SDK of an application', () => {
  it.each([
    ['2.x', { ...LINE_2, 'sdk-metrics': '2.12.1' }, ['sdk-trace-base', 'sdk-logs', 'sdk-metrics', 'api']],
    ['3.x', { ...LINE_3, 'sdk-metrics': '3.1.1' }, ['sdk-trace', 'sdk-logs', 'sdk-metrics', 'api']],
  ])('is of line %s and has every signal', (line, versions, modules) => {
    expect(findIn(versions)).toEqual({ line, missing: {}, modules });
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
});
