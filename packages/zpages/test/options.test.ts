import { describe, expect, it } from 'vitest';
import { checkZpagesOptions, serveZpages, type ZpagesOptions } from '../src/index.ts';

describe('the options of the live page', () => {
  it.each<[unknown, string]>([
    [{ port: -1 }, 'zpages.port must be a whole number from 0 to 65535, got -1'],
    [{ port: 65_536 }, 'zpages.port must be a whole number from 0 to 65535, got 65536'],
    [{ port: '55679' }, 'zpages.port must be a whole number from 0 to 65535, got 55679'],
    [{ port: 1.5 }, 'got 1.5'],
    [{ host: '' }, 'zpages.host must be an address or a name, got ""'],
    [{ host: 7 }, 'zpages.host must be an address or a name, got 7'],
    [{ name: 7 }, 'zpages.name must be a string, got number'],
    [{ token: 7 }, 'zpages.token must be a string, got number'],
    [{ token: 'too short' }, 'zpages.token must have at least 16 characters, got 9'],
    [{ host: '0.0.0.0' }, 'zpages.host 0.0.0.0 can be reached from other machines, so zpages.token is needed'],
    [{ host: '::' }, 'zpages.token is needed'],
    [{ host: '10.0.0.7' }, 'zpages.token is needed'],
    [{ host: 'collector' }, 'zpages.token is needed'],
    [null, 'zpages must be an object, got null'],
  ])('%j are refused: %s', (options, message) => {
    expect(() => serveZpages(options as ZpagesOptions)).toThrow(message);
  });

  it.each<ZpagesOptions>([
    {},
    { host: '127.0.0.9' },
    { host: '::1' },
    { host: 'localhost' },
    { host: '0.0.0.0', token: 'x'.repeat(16) },
  ])('%j are accepted', (options) => {
    expect(() => checkZpagesOptions(options)).not.toThrow();
  });

  it('are refused without showing the token', () => {
    expect(() => checkZpagesOptions({ token: 'secret' })).toThrow(expect.not.stringContaining('secret') as never);
  });
});
