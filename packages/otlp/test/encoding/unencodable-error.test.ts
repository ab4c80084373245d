import { expect, it } from 'vitest';
import { isUnencodableError, UnencodableError } from '@spillway/otlp/encoding';

it('an UnencodableError is recognised by its shape, because there may be two copies of this package', () => {
  const ofAnotherCopy = Object.assign(new Error('it has no resource'), { name: 'UnencodableError' });
  expect([new UnencodableError('it has no resource'), ofAnotherCopy].every(isUnencodableError)).toBe(true);
  expect([new Error('it has no resource'), { name: 'UnencodableError' }, null].some(isUnencodableError)).toBe(false);
});
