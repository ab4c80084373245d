import { describe, expect, it } from 'vitest';
import type { SdkModules } from '../../src/sdk/given-modules.ts';
import { checkGivenModules, givenApplication, givenSdk } from '../../src/sdk/given-sdk.ts';

const module = {};
const NEEDED = {
  '@opentelemetry/api': { logs: module },
  '@opentelemetry/core': module,
  '@opentelemetry/resources': module,
};
const LINE_3: SdkModules = {
  ...NEEDED,
  '@opentelemetry/sdk-trace': module,
  '@opentelemetry/sdk-logs': module,
  '@opentelemetry/sdk-metrics': module,
};
const LINE_2: SdkModules = {
  ...NEEDED,
  '@opentelemetry/api': module,
  '@opentelemetry/sdk-trace-base': module,
  '@opentelemetry/sdk-logs': module,
  '@opentelemetry/sdk-metrics': module,
  '@opentelemetry/api-logs': module,
};

describe('the modules that are passed to a start', () => {
  it.each<[string, SdkModules, string, string]>([
    ['3.x', LINE_3, '@opentelemetry/sdk-trace', '@opentelemetry/api'],
    ['2.x', LINE_2, '@opentelemetry/sdk-trace-base', '@opentelemetry/api-logs'],
  ])('are recognised as line %s', (line, modules, traces, logsApi) => {
    expect(() => checkGivenModules(modules)).not.toThrow();
    expect(givenSdk(modules)).toMatchObject({
      line,
      signals: {
        traces: { module: { name: traces } },
        logs: { module: { name: '@opentelemetry/sdk-logs' }, globalApi: { name: logsApi } },
        metrics: { module: { name: '@opentelemetry/sdk-metrics' }, globalApi: { name: '@opentelemetry/api' } },
      },
      missing: {},
    });
  });

  it('replace the installed packages: nothing else is found', () => {
    const { find, lists } = givenApplication(LINE_3);
    expect([lists('@opentelemetry/core'), lists('vitest')]).toEqual([true, false]);
    expect(find('@opentelemetry/core')?.load()).toBe(module);
    expect(find('@opentelemetry/core')?.sibling('@opentelemetry/resources')?.load()).toBe(module);
    expect(find('vitest')).toBeUndefined();
  });

  it('may be of one signal, and then the others are left out', () => {
    const traces = { ...NEEDED, '@opentelemetry/sdk-trace': module };
    expect(givenSdk(traces).missing).toEqual({
      logs: 'logs are left out, because the option sdk has no @opentelemetry/sdk-logs',
      metrics: 'metrics are left out, because the option sdk has no @opentelemetry/sdk-metrics',
    });
  });

  it.each([
    ['3.x', { logs: module }],
    ['2.x', {}],
  ])('are of line %s if they have metrics only and such an api', (line, api) => {
    const metrics = { ...NEEDED, '@opentelemetry/api': api, '@opentelemetry/sdk-metrics': module };
    expect(() => checkGivenModules(metrics)).not.toThrow();
    expect(givenSdk(metrics).line).toBe(line);
  });

  it.each<[unknown, string]>([
    ['3.x', 'sdk must be an object of modules, got string'],
    [null, 'sdk must be an object of modules, got object'],
    [{ ...LINE_3, '@opentelemetry/core': undefined }, 'sdk must have @opentelemetry/core'],
    [{ ...LINE_3, '@opentelemetry/core': '3.1.1' }, 'sdk must have modules, got string for @opentelemetry/core'],
    [
      NEEDED,
      'sdk must have at least one of @opentelemetry/sdk-trace (@opentelemetry/sdk-trace-base on line 2.x), @opentelemetry/sdk-logs, @opentelemetry/sdk-metrics',
    ],
    [
      { ...LINE_2, '@opentelemetry/api-logs': undefined },
      'sdk must have @opentelemetry/api-logs together with @opentelemetry/sdk-logs, because this @opentelemetry/api has no logs',
    ],
  ])('are refused, with the name of the wrong one: %o', (modules, message) => {
    expect(() => checkGivenModules(modules)).toThrow(new TypeError(message));
  });
});
