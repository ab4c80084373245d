import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { expect, it, vi } from 'vitest';
import { createScope } from '../../src/scope/scope.node.ts';

it('a scope covers what its work starts, and its work does not see the storages of the caller', async () => {
  const scope = createScope();
  const request = new AsyncLocalStorage<string>();
  const seen = await request.run('GET /cart', () =>
    scope.run(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return [scope.isActive, request.getStore()];
    }),
  );
  expect(seen).toEqual([true, undefined]);
  expect(scope.isActive).toBe(false);
});

it('a scope runs its work in a runtime whose resources return nothing when they are reported as destroyed', () => {
  const emitDestroy = vi.spyOn(AsyncResource.prototype, 'emitDestroy').mockReturnValue(undefined as never);
  const scope = createScope();
  emitDestroy.mockRestore();
  expect(scope.run(() => scope.isActive)).toBe(true);
});
