import { describe, expect, it } from 'vitest';
import { checkHeaders } from '../../src/transport/header-checks.ts';
import { checkCount } from '../../src/transport/value-checks.ts';

describe('options of a transport', () => {
  it('omit a header that is undefined, as if it was not given', () => {
    expect(checkHeaders({ tenant: undefined, Authorization: 'a' })).toEqual({ authorization: 'a' });
  });

  it.each([
    ['5', TypeError, 'maxRequestBytes must be a number, got "5"'],
    [null, TypeError, 'maxRequestBytes must be a number, got null'],
    [{}, TypeError, 'maxRequestBytes must be a number, got an object'],
    [1.5, RangeError, 'maxRequestBytes must be a whole number from 1, or Infinity, got 1.5'],
  ])('are refused as a count if they are %s', (value, kind, message) => {
    expect(() => checkCount('maxRequestBytes', value)).toThrow(new kind(message));
  });
});
