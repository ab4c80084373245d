import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from '../../src/transport/retry-after.ts';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 7);
const MAX = 60_000;

describe('Retry-After', () => {
  it.for([
    ['2', 2000],
    [' 2 ', 2000],
    ['0.25', 250],
    ['59', 59_000],
    ['60', 60_000],
    ['61', 60_000],
    ['86400', 60_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 30_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 30_000],
    ['Sun Nov  6 08:49:37 1994', 30_000],
    ['Sun, 06 Nov 1994 23:49:37 GMT', 60_000],
  ] as const)('%s is a wait of %i ms', ([value, millis]) => {
    expect(parseRetryAfter(value, NOW, MAX)).toBe(millis);
  });

  it.for([
    [undefined, 'no header'],
    [null, 'no header'],
    ['', 'nothing'],
    ['soon', 'a word'],
    ['-5', 'a negative number'],
    ['0', 'no wait'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['1e3', 'a float with exponent'],
    ['0x10', 'a hexadecimal number'],
    ['2s', 'a unit'],
    ['2, 3', 'a list'],
    ['86401', 'more than a day'],
    ['1700000000', 'a time since 1970'],
    ['9'.repeat(400), 'too many digits'],
    ['Sun, 06 Nov 1994 08:49:07 GMT', 'now'],
    ['Sun, 06 Nov 1994 08:48:37 GMT', 'the past'],
    ['Tue, 06 Nov 2094 08:49:37 GMT', 'a century'],
    ['Sun, 45 Nov 1994 08:49:37 GMT', 'an invalid date'],
    ['1994-11-06T08:49:37Z', 'another form of date'],
  ] as const)('%s is ignored: %s', ([value]) => {
    expect(parseRetryAfter(value, NOW, MAX)).toBeUndefined();
  });
});
