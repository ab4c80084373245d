import { expect, it } from 'vitest';
import { createScope } from '../../src/scope/scope.default.ts';

it('a scope without asynchronous contexts is active until its outermost run returns or throws', () => {
  const scope = createScope();
  expect(scope.isActive).toBe(false);
  const seen = scope.run(() => [scope.isActive, scope.run(() => scope.isActive), scope.isActive]);
  expect(seen).toEqual([true, true, true]);
  expect(scope.isActive).toBe(false);
  expect(() =>
    scope.run(() => {
      throw new Error('failed');
    }),
  ).toThrow('failed');
  expect(scope.isActive).toBe(false);
});
