import { describe, expect, it, vi } from 'vitest';
import { type BackpressureController, Observers, type PipelineObserver } from '../src/index.ts';
import { HeldConsumer } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

const failures: readonly [name: string, hook: () => never][] = [
  [
    'throws',
    () => {
      throw new Error('bug');
    },
  ],
  // A hook may be async, whatever its type says.
  ['rejects', (() => Promise.reject(new Error('bug'))) as unknown as () => never],
];

describe('an observer', () => {
  it.each(failures)('whose every hook %s harms neither the caller nor the observers after it', (_, hook) => {
    const after = {
      onStateChange: vi.fn<() => void>(),
      onDrop: vi.fn<() => void>(),
      onFlush: vi.fn<() => void>(),
      onNotBuilt: vi.fn<() => void>(),
    };
    const observers = new Observers([{ onStateChange: hook, onDrop: hook, onFlush: hook, onNotBuilt: hook }, after]);
    const report = { outcome: { kind: 'delivered' }, items: 1, bytes: 0, latencyMs: 1 } as const;
    observers.onStateChange('elevated', 'normal');
    observers.onDrop('evicted', 2);
    observers.onFlush(report);
    observers.onNotBuilt();
    expect(after.onStateChange).toHaveBeenCalledExactlyOnceWith('elevated', 'normal');
    expect(after.onDrop).toHaveBeenCalledExactlyOnceWith('evicted', 2);
    expect(after.onFlush).toHaveBeenCalledExactlyOnceWith(report);
    expect(after.onNotBuilt).toHaveBeenCalledOnce();
  });

  it('may leave during a call, and the others are still told', () => {
    const told: string[] = [];
    const observers = new Observers();
    const leave = observers.add({
      onNotBuilt: () => {
        told.push('first');
        leave();
      },
    });
    observers.add({ onNotBuilt: () => void told.push('second') });
    observers.onNotBuilt();
    observers.onNotBuilt();
    expect(told).toEqual(['first', 'second', 'second']);
  });

  it('that drops an item by its own push is not told of that, but the others are', () => {
    const told: string[] = [];
    const pushing: PipelineObserver = {
      onDrop: () => {
        told.push('pushing');
        controller.tryPush(0);
      },
    };
    const controller: BackpressureController<number> = lawfulController(new HeldConsumer<number>().flush, {
      strategy: 'drop_newest',
      maxBufferSize: 1,
      observers: [pushing, { onDrop: () => void told.push('other') }],
    });
    controller.tryPush(1);
    controller.tryPush(2);
    expect(told).toEqual(['pushing', 'other', 'other']);
    expect(controller.getMetrics().droppedByReason.queue_full).toBe(2);
  });

  it('is told of an item that its producer did not build, which no counter has', () => {
    const onNotBuilt = vi.fn<() => void>();
    const controller = lawfulController(new HeldConsumer<number>().flush, { observers: [{ onNotBuilt }] });
    const before = controller.getMetrics();
    controller.onNotBuilt();
    expect(onNotBuilt).toHaveBeenCalledOnce();
    expect(controller.getMetrics()).toEqual(before);
  });

  it('that joins during a call is told from the next one on', () => {
    const told: string[] = [];
    const observers = new Observers();
    const leave = observers.add({
      onNotBuilt: () => {
        told.push('first');
        leave();
        observers.add({ onNotBuilt: () => void told.push('second') });
      },
    });
    observers.onNotBuilt();
    observers.onNotBuilt();
    expect(told).toEqual(['first', 'second']);
  });

  it('is called before the callbacks of the options', () => {
    const told: string[] = [];
    const controller = lawfulController(new HeldConsumer<number>().flush, {
      maxBufferSize: 2,
      onStateChange: (state) => void told.push(`callback ${state}`),
      observers: [{ onStateChange: (state) => void told.push(`observer ${state}`) }],
    });
    controller.tryPush(1);
    expect(told).toEqual(['observer elevated', 'callback elevated']);
  });

  it('is told of changes in their order, even if a callback of the options pushes', () => {
    const told: string[] = [];
    const controller: BackpressureController<number> = lawfulController(new HeldConsumer<number>().flush, {
      maxBufferSize: 10,
      onStateChange: (state) => {
        if (state === 'elevated') for (let item = 0; item < 5; item += 1) controller.tryPush(item);
      },
      observers: [{ onStateChange: (state) => void told.push(state) }],
    });
    for (let item = 0; item < 5; item += 1) controller.tryPush(item);
    expect(told).toEqual(['elevated', 'critical', 'blocked']);
    expect(controller.state).toBe('blocked');
  });

  it.each([
    ['observers', 'one' as never, 'observers must be an array, got string'],
    ['observers', [undefined as never], 'observers must be an object, got undefined undefined'],
  ])('that is none is refused: %s %o', (name, value, message) => {
    expect(() => lawfulController(new HeldConsumer<number>().flush, { [name]: value })).toThrow(message);
  });
});
