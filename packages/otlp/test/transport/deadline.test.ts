import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../src/transport/deadline.ts';

describe('a deadline', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('ends when its time has passed, and not before', () => {
    const onEnd = vi.fn<() => void>();
    const deadline = new Deadline(new AbortController().signal, 100);
    deadline.whenEnded(onEnd);
    vi.advanceTimersByTime(99);
    expect(deadline.end).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(deadline.end).toBe('timed out');
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('ends once, and its reason does not change', () => {
    const controller = new AbortController();
    const onEnd = vi.fn<() => void>();
    const deadline = new Deadline(controller.signal, 100);
    deadline.whenEnded(onEnd);
    controller.abort();
    vi.advanceTimersByTime(100);
    expect(deadline.end).toBe('aborted');
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('calls back immediately if it has ended, for example with an aborted signal', () => {
    const onEnd = vi.fn<() => void>();
    new Deadline(AbortSignal.abort(), 100).whenEnded(onEnd);
    expect(onEnd).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer or listener behind once it is disposed of', () => {
    const controller = new AbortController();
    const onEnd = vi.fn<() => void>();
    const deadline = new Deadline(controller.signal, 100);
    deadline.whenEnded(onEnd);
    deadline.dispose();
    expect(vi.getTimerCount()).toBe(0);
    controller.abort();
    expect(onEnd).not.toHaveBeenCalled();
  });

  it('has no timer without a limit', () => {
    expect(new Deadline(new AbortController().signal, Infinity).end).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends a race with a promise that does not settle', async () => {
    const deadline = new Deadline(new AbortController().signal, 100);
    const race = expect(deadline.race(new Promise(() => {}))).rejects.toThrow('timed out');
    vi.advanceTimersByTime(100);
    await race;
    await expect(deadline.race(Promise.resolve(1))).rejects.toThrow('timed out');
    await expect(new Deadline(new AbortController().signal, 100).race(Promise.resolve(1))).resolves.toBe(1);
  });
});
