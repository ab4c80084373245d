import { describe, expect, it } from 'vitest';
import {
  baseEndpoint,
  boolean,
  byteSize,
  decimal,
  duration,
  integer,
  oneOf,
  ratio,
  readVariable,
  signalEndpoint,
  text,
  timeout,
  type ValueType,
} from '@spillway/config';

/** Reads one variable called NAME, and collects the warnings. */
function read<T>(type: ValueType<T>, value: string | undefined) {
  const warnings: string[] = [];
  return { value: readVariable({ NAME: value }, 'NAME', type, (message) => warnings.push(message)), warnings };
}

const word = oneOf({ gzip: 'gzip', none: 'none' });
const count = integer({ min: 1, max: 2 ** 31 - 1 });

const everyType: [string, ValueType<unknown>][] = [
  ['text', text],
  ['integer', count],
  ['decimal', decimal({ min: 0, max: 1_000_000 })],
  ['ratio', ratio],
  ['duration', duration],
  ['timeout', timeout],
  ['byteSize', byteSize],
  ['boolean', boolean],
  ['oneOf', word],
  ['signalEndpoint', signalEndpoint],
  ['baseEndpoint', baseEndpoint('v1/traces')],
];

describe('an absent value', () => {
  it.each(everyType)(
    'of the type %s is unset without a warning, whether it is missing, empty or white space',
    (_, type) => {
      for (const value of [undefined, '', ' ', '\t', ' \n ']) {
        expect(read(type, value)).toEqual({ value: undefined, warnings: [] });
      }
    },
  );
});

describe('a value that is understood', () => {
  it.each<[string, ValueType<unknown>, string, unknown]>([
    ['text', text, '/etc/ca.pem', '/etc/ca.pem'],
    ['text with white space around it', text, ' /etc/ca.pem\n', '/etc/ca.pem'],
    ['the smallest integer of a range', count, '1', 1],
    ['the largest integer of a range', count, '2147483647', 2_147_483_647],
    ['an integer with a plus sign and zeros', count, '+007', 7],
    ['an integer with white space around it', count, ' 2048 ', 2048],
    ['a decimal', decimal({ min: 0, max: 10 }), '2.5', 2.5],
    ['a ratio of 0', ratio, '0', 0],
    ['a ratio of minus 0, as 0', ratio, '-0', 0],
    ['a ratio of 1', ratio, '1.0', 1],
    ['a ratio without a leading zero', ratio, '.5', 0.5],
    ['a delay of 0, which is valid', duration, '0', 0],
    ['a delay', duration, '12000', 12_000],
    ['a timeout of 0, which means no limit', timeout, '0', Infinity],
    ['a timeout', timeout, '30000', 30_000],
    ['bytes', byteSize, '65536', 65_536],
    ['bytes with their unit', byteSize, '65536B', 65_536],
    ['kilobytes', byteSize, '64KB', 64_000],
    ['kibibytes', byteSize, '64KiB', 65_536],
    ['megabytes', byteSize, '64MB', 64_000_000],
    ['mebibytes', byteSize, '64MiB', 67_108_864],
    ['gibibytes', byteSize, '1GiB', 1_073_741_824],
    ['tebibytes', byteSize, '1TiB', 2 ** 40],
    ['a size in the wrong case', byteSize, '64mib', 67_108_864],
    ['a size with a space before its unit', byteSize, '64 MiB', 67_108_864],
    ['a part of a unit, rounded down to whole bytes', byteSize, '1.0009KiB', 1024],
    ['true', boolean, 'true', true],
    ['true in another case', boolean, 'TRUE', true],
    ['false', boolean, 'False', false],
    ['a word', word, 'gzip', 'gzip'],
    ['a word in another case', word, 'GZip', 'gzip'],
    ['the URL of a signal, as it is', signalEndpoint, 'https://c:4318/custom/path', 'https://c:4318/custom/path'],
    ['the URL of a signal without a path, with the root path', signalEndpoint, 'http://c:4318', 'http://c:4318/'],
    ['a base URL', baseEndpoint('v1/traces'), 'http://c:4318', 'http://c:4318/v1/traces'],
    ['a base URL that ends with a slash', baseEndpoint('v1/logs'), 'http://c:4318/', 'http://c:4318/v1/logs'],
    ['a base URL with a path', baseEndpoint('v1/traces'), 'http://c/otlp', 'http://c/otlp/v1/traces'],
    ['a base URL with a query', baseEndpoint('v1/traces'), 'http://c/otlp?a=b', 'http://c/otlp/v1/traces?a=b'],
  ])('is read: %s', (_, type, given, expected) => {
    expect(read(type, given)).toEqual({ value: expected, warnings: [] });
  });
});

describe('a value that makes no sense', () => {
  const numbers = ['integer', 'decimal', 'ratio', 'duration', 'timeout', 'byteSize'] as const;
  const types = Object.fromEntries(everyType);

  it.each<[string, string, readonly string[]]>([
    ['negative', '-1', numbers],
    ['not a number', 'many', numbers],
    ['a number with words after it', '10 items', numbers],
    ['two numbers', '1 2', numbers],
    ['NaN', 'NaN', numbers],
    ['infinite', 'Infinity', numbers],
    ['hexadecimal', '0x10', numbers],
    ['with an exponent', '1e3', numbers],
    ['with a separator', '1_000', numbers],
    ['in the digits of another script', '١٢', numbers],
    ['a fraction', '1.5', ['integer', 'duration', 'timeout', 'ratio']],
    ['one too large for an integer of 32 bits', '2147483648', ['integer', 'duration', 'timeout', 'decimal', 'ratio']],
    ['too large by far', '9'.repeat(400), numbers],
    ['zero where one is the least', '0', ['integer', 'byteSize']],
    ['below one byte', '0.5', ['byteSize']],
    ['of an ambiguous unit', '64M', ['byteSize']],
    ['of an unknown unit', '64MibiBytes', ['byteSize']],
    ['of a unit that every object has', '1constructor', ['byteSize']],
    ['a unit without a number', 'MiB', ['byteSize']],
    ['beyond the integers that a number holds exactly', '9000TiB', ['byteSize']],
    ['an unknown word', 'zstd', ['oneOf']],
    ['a word that every object has', 'constructor', ['oneOf']],
    ['two words', 'gzip,none', ['oneOf']],
    ['not a URL', 'collector', ['signalEndpoint', 'baseEndpoint']],
    ['a host and port without a scheme', 'collector:4318', ['signalEndpoint', 'baseEndpoint']],
    ['of another scheme', 'ftp://collector/', ['signalEndpoint', 'baseEndpoint']],
    ['a URL without a host', 'http://', ['signalEndpoint', 'baseEndpoint']],
  ])('counts as unset after one warning that names the variable and the value: %s', (_, given, typeNames) => {
    for (const name of typeNames) {
      const { value, warnings } = read(types[name] ?? text, given);
      expect(value, name).toBeUndefined();
      expect(warnings, name).toHaveLength(1);
      expect(warnings[0], name).toMatch(/^NAME=".+" is ignored: expected /);
      expect(warnings[0], name).toContain(given.slice(0, 100));
    }
  });

  it('is false if it should be a boolean, and a warning says so', () => {
    for (const given of ['yes', '1', 'on', 'truee']) {
      const { value, warnings } = read(boolean, given);
      expect(value).toBe(false);
      expect(warnings).toEqual([`NAME="${given}": expected true or false, and treated as false`]);
    }
  });

  it('is shown on one line, and cut if it is long', () => {
    const { warnings } = read(count, `a\nb\u001b${'c'.repeat(10_000)}`);
    expect(warnings[0]).toMatch(/^NAME="a\\nb\\u001bc+\.\.\."/);
    expect(warnings[0]?.length).toBeLessThan(250);
  });

  it('is not shown if it is a URL that may hold a password or a key', () => {
    for (const given of ['htp://user:hunter2@host/', 'collector/?api-key=hunter2', 'c#hunter2']) {
      expect(read(signalEndpoint, given).warnings).toEqual([
        'NAME is ignored: expected a URL that begins with http:// or https://',
      ]);
    }
  });
});

describe('an environment that cannot be read', () => {
  it('counts as empty, for example under Deno without the permission to read it', () => {
    const forbidding = new Proxy(
      {},
      {
        get() {
          throw new Error('NotCapable: Requires env access');
        },
      },
    );
    expect(readVariable(forbidding, 'NAME', text, expect.unreachable)).toBeUndefined();
  });
});
