import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { resolveTransportOptions, TRANSPORT_DEFAULTS } from '../../src/transport/transport-options.ts';
import { USER_AGENT } from '../../src/transport/request-headers.ts';

const url = 'http://localhost:4318/v1/traces';
const resolve = (options: object) => resolveTransportOptions({ url, ...options });

describe('transport options', () => {
  it('have defaults', () => {
    expect(resolve({})).toEqual({
      ...TRANSPORT_DEFAULTS,
      url: new URL(url),
      credentials: undefined,
      userAgent: undefined,
      tls: undefined,
      httpAgentOptions: undefined,
      proxyEnv: undefined,
    });
    expect(resolve({ timeoutMillis: undefined, headers: undefined, tls: {}, compression: undefined })).toEqual(
      resolve({}),
    );
  });

  it('may be bytes and objects of another realm, as in jest', () => {
    const tls = runInNewContext('({ ca: new Uint8Array([1, 2]) })') as object;
    expect(resolve({ tls }).tls).toBe(tls);
    expect(() => resolve({ tls: runInNewContext('({ ca: new Uint16Array(2) })') as object })).toThrow(
      'tls.ca must be PEM text or bytes, got a object',
    );
  });

  it.for([
    [{ url: undefined }, TypeError, 'url must be a string or URL, got undefined'],
    [{ url: 4318 }, TypeError, 'url must be a string or URL, got 4318'],
    [{ url: 'collector' }, TypeError, 'url must be an absolute URL, got "collector"'],
    [{ url: 'ftp://collector/' }, TypeError, 'url must be http: or https:, got "ftp://collector/"'],
    [{ url: 'ftp://us:secret@collector/?secret' }, TypeError, 'url must be http: or https:, got "ftp://collector/"'],
    [{ url: 'http://us:secret@:bad?secret' }, TypeError, 'url must be an absolute URL, got "http://:bad"'],
    [{ headers: 'a=b' }, TypeError, 'headers must be an object of strings, got a string'],
    [{ headers: { 'a b': 'x' } }, TypeError, 'headers has a name that HTTP does not allow'],
    [{ headers: { a: 1 } }, TypeError, 'headers.a must be a string, got a number'],
    [{ headers: { a: 'secret\r\nb: c' } }, TypeError, 'headers.a has a character that HTTP does not allow'],
    [{ headers: { a: '…' } }, TypeError, 'headers.a has a character that HTTP does not allow'],
    [{ sign: 'aws' }, TypeError, 'sign must be a function, got "aws"'],
    [{ userAgent: 'a\nb' }, TypeError, 'userAgent must be a string that HTTP allows in a header, got "a\\nb"'],
    [{ compression: 'br' }, TypeError, 'compression must be one of none, gzip, zstd, got "br"'],
    [{ timeoutMillis: -1 }, RangeError, 'timeoutMillis must be from 0 to 2147483647, got -1'],
    [{ timeoutMillis: NaN }, RangeError, 'timeoutMillis must be from 0 to 2147483647, got NaN'],
    [{ timeoutMillis: 2 ** 31 }, RangeError, 'timeoutMillis must be from 0 to 2147483647, got 2147483648'],
    [{ timeoutMillis: '10s' }, TypeError, 'timeoutMillis must be a number, got "10s"'],
    [{ keepAlive: 1 }, TypeError, 'keepAlive must be true or false, got 1'],
    [{ maxSockets: 0 }, RangeError, 'maxSockets must be a whole number from 1, or Infinity, got 0'],
    [{ maxSockets: 1.5 }, RangeError, 'maxSockets must be a whole number from 1, or Infinity, got 1.5'],
    [{ maxRequestBytes: 0 }, RangeError, 'maxRequestBytes must be a whole number from 1, or Infinity, got 0'],
    [{ maxResponseBytes: NaN }, RangeError, 'maxResponseBytes must be a whole number from 1, or Infinity, got NaN'],
    [{ maxRetryAfterMillis: 0 }, RangeError, 'maxRetryAfterMillis must be from 1 to 2147483647, got 0'],
    [{ maxConnectionAgeMillis: -1 }, RangeError, 'maxConnectionAgeMillis must be from 0 to Infinity, got -1'],
    [{ maxConnectionAgeMillis: '1m' }, TypeError, 'maxConnectionAgeMillis must be a number, got "1m"'],
    [{ tls: 'pem' }, TypeError, 'tls must be an object, got a string'],
    [{ tls: { ca: 1 } }, TypeError, 'tls.ca must be PEM text or bytes, got a number'],
    [{ tls: { cert: 'x' } }, TypeError, 'tls.cert needs tls.key, got undefined'],
    [{ tls: { key: 'x' } }, TypeError, 'tls.key needs tls.cert, got undefined'],
    [{ tls: { rejectUnauthorized: 'no' } }, TypeError, 'tls.rejectUnauthorized must be true or false, got "no"'],
    [{ tls: { passphrase: 1234 } }, TypeError, 'tls.passphrase must be a string, got a number'],
    [{ tls: { servername: 1 } }, TypeError, 'tls.servername must be a string, got 1'],
    [{ httpAgentOptions: true }, TypeError, 'httpAgentOptions must be an object, got true'],
    [{ proxyEnv: [] }, TypeError, 'proxyEnv must be an object, got an object'],
  ] as const)('throw if they are invalid: %o', ([options, type, message]) => {
    expect(() => resolve(options)).toThrow(type);
    expect(() => resolve(options)).toThrow(new type(message));
  });

  it('throw if there are none', () => {
    expect(() => resolveTransportOptions(undefined as never)).toThrow(
      new TypeError('options must be an object, got undefined'),
    );
  });

  it('have no time-out with timeoutMillis 0', () => {
    expect(resolve({ timeoutMillis: 0 }).timeoutMillis).toBe(Infinity);
    expect(resolve({ timeoutMillis: Infinity }).timeoutMillis).toBe(Infinity);
    expect(resolve({ timeoutMillis: 0.5 }).timeoutMillis).toBe(0.5);
  });

  it('have a url without user information and fragment, and the given URL is not changed', () => {
    const given = new URL('http://us:p%40ss%@localhost/v1?a=b#c');
    const resolved = resolve({ url: given });
    expect(resolved.url.href).toBe('http://localhost/v1?a=b');
    expect(resolved.credentials).toBe('us:p%40ss%');
    expect(resolve({ url: 'http://us%3A:p%40ss@localhost' }).credentials).toBe('us::p@ss');
    expect(given.username).toBe('us');
  });

  it('lead to a user agent with the version of the package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(USER_AGENT).toBe(`Spillway-OTLP-Exporter-JavaScript/${version}`);
  });
});
