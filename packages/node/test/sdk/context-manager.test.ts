import { setImmediate as turn } from 'node:timers/promises';
import * as api from '@opentelemetry/api';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Application } from '../../src/sdk/application.ts';
import { contextManager } from '../../src/sdk/context-manager.ts';
import type { FoundSdk } from '../../src/sdk/sdk-line.ts';

const KEY = api.createContextKey('user');

function plain() {
  const manager = contextManager({ find: () => undefined } as unknown as Application, { signals: {} } as FoundSdk, api);
  onTestFinished(() => void manager.disable());
  return { manager, context: api.ROOT_CONTEXT.setValue(KEY, 'ann'), user: () => manager.active().getValue(KEY) };
}

describe("the context, if OpenTelemetry's own manager is not installed", () => {
  it('is the root outside of with, and within it follows awaited work', async () => {
    const { manager, context, user } = plain();
    expect(manager.active()).toBe(api.ROOT_CONTEXT);
    const users = await manager.with(context, async () => [user(), await turn().then(user)]);
    expect(users).toEqual(['ann', 'ann']);
    expect(user()).toBeUndefined();
  });

  it('is bound to a function, which keeps its this, arguments and length', () => {
    const { manager, context, user } = plain();
    const handler = function handler(this: unknown, error: unknown, next: unknown): unknown[] {
      return [this, error, next, user()];
    };
    const bound = manager.bind(context, handler);
    expect(bound.length).toBe(2);
    expect(bound.call('self', 1, 2)).toEqual(['self', 1, 2, 'ann']);
  });

  it('is bound to nothing else', () => {
    const { manager, context } = plain();
    const emitter = {};
    expect(manager.bind(context, emitter)).toBe(emitter);
  });

  it('is the root again once it is disabled', () => {
    const { manager, context, user } = plain();
    manager.with(context, () => {
      manager.disable();
      expect(user()).toBeUndefined();
    });
  });
});
