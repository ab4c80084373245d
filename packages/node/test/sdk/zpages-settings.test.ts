import { readSdkEnvironment } from '@spillway/config';
import { describe, expect, it } from 'vitest';
import type { StartOptions } from '../../src/sdk/start-options.ts';
import { zpagesSettings } from '../../src/sdk/zpages-settings.ts';

const TOKEN = 'a token of 22 letters.';

function settingsOf(options: StartOptions, env: Readonly<Record<string, string>> = {}) {
  const warnings: string[] = [];
  const settings = zpagesSettings(
    options,
    readSdkEnvironment(env, () => {}),
    (message) => warnings.push(message),
  );
  return { settings, warnings };
}

describe('the settings of the live page', () => {
  it.each<[string, StartOptions, Readonly<Record<string, string>>]>([
    ['neither code nor a variable asks for it', {}, {}],
    ['only its host or its token are set', {}, { SPILLWAY_ZPAGES_HOST: '127.0.0.1', SPILLWAY_ZPAGES_TOKEN: TOKEN }],
    ['code says no', { zpages: false }, { SPILLWAY_ZPAGES_PORT: '8080' }],
  ])('are none if %s', (_, options, env) => {
    expect(settingsOf(options, env)).toEqual({ settings: undefined, warnings: [] });
  });

  it('are those of the variables', () => {
    const env = {
      SPILLWAY_ZPAGES_PORT: '8080',
      SPILLWAY_ZPAGES_HOST: '0.0.0.0',
      SPILLWAY_ZPAGES_TOKEN: TOKEN,
      OTEL_SERVICE_NAME: 'shop',
    };
    expect(settingsOf({}, env)).toEqual({
      settings: { port: 8_080, host: '0.0.0.0', token: TOKEN, name: 'shop' },
      warnings: [],
    });
  });

  it('are those of the code, whatever the variables say', () => {
    const env = { SPILLWAY_ZPAGES_PORT: '8080', SPILLWAY_ZPAGES_HOST: '0.0.0.0', SPILLWAY_ZPAGES_TOKEN: 'short' };
    const zpages = { port: 9_090, host: '127.0.0.2', token: TOKEN, name: 'till' };
    expect(settingsOf({ zpages, serviceName: 'shop' }, env)).toEqual({ settings: zpages, warnings: [] });
    expect(settingsOf({ zpages: {} })).toEqual({ settings: {}, warnings: [] });
    expect(Object.keys(settingsOf({ zpages: {} }).settings ?? {})).not.toContain('name');
  });

  it.each([
    ['the option', { serviceName: 'till' }, { OTEL_SERVICE_NAME: 'shop' }, 'till'],
    ['the variable', {}, { OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'service.name=desk' }, 'shop'],
    ['the resource attribute', {}, { OTEL_RESOURCE_ATTRIBUTES: 'service.name=desk' }, 'desk'],
  ])('have the name of the service: %s', (_, options, env, name) => {
    expect(settingsOf({ zpages: {}, ...options }, env).settings?.name).toBe(name);
  });

  it('leave a token out that is too short, with a warning', () => {
    const { settings, warnings } = settingsOf({ zpages: {} }, { SPILLWAY_ZPAGES_TOKEN: 'short' });
    expect(settings?.token).toBeUndefined();
    expect(warnings).toEqual(['SPILLWAY_ZPAGES_TOKEN is ignored, because it is shorter than 16 characters']);
  });

  it('leave a host out that others can reach, unless there is a token, with a warning', () => {
    const { settings, warnings } = settingsOf({ zpages: {} }, { SPILLWAY_ZPAGES_HOST: '0.0.0.0' });
    expect(settings?.host).toBeUndefined();
    expect(warnings).toEqual([
      'SPILLWAY_ZPAGES_HOST=0.0.0.0 is ignored, because other machines could reach the live page: set SPILLWAY_ZPAGES_TOKEN to at least 16 characters too',
    ]);
  });

  it('are refused in code if the page would be open to others', () => {
    expect(() => settingsOf({ zpages: { host: '0.0.0.0' } })).toThrow(/token/);
    expect(() => settingsOf({ zpages: { token: 'short' } })).toThrow(/token/);
  });
});
