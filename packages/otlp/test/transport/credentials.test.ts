import type { FlushOutcome } from '@spillway/backpressure';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Credentials, ROTATION_MILLIS } from '../../src/transport/credentials.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const delivered: FlushOutcome = { kind: 'delivered' };
const denied: FlushOutcome = { kind: 'retry', error: new Error('401'), denied: true };
const refused: FlushOutcome = { kind: 'refused', error: denied.error };

describe('fixed credentials', () => {
  it('that were never accepted have their requests refused immediately', () => {
    const credentials = new Credentials(false);
    expect(credentials.judge(denied)).toEqual(refused);
    expect(credentials.judge(denied)).toEqual(refused);
  });

  it('that were accepted before have their requests kept for 10 minutes, and refused after that', () => {
    const credentials = new Credentials(false);
    credentials.judge(delivered);
    expect(credentials.judge(denied)).toBe(denied);
    vi.advanceTimersByTime(ROTATION_MILLIS - 1);
    expect(credentials.judge(denied)).toBe(denied);
    vi.advanceTimersByTime(1);
    expect(credentials.judge(denied)).toEqual(refused);
    vi.advanceTimersByTime(ROTATION_MILLIS);
    expect(credentials.judge(denied)).toEqual(refused);
    expect(ROTATION_MILLIS).toBe(600_000);
  });

  it('that were accepted again have the whole 10 minutes once more', () => {
    const credentials = new Credentials(false);
    credentials.judge(delivered);
    credentials.judge(denied);
    vi.advanceTimersByTime(ROTATION_MILLIS);
    credentials.judge(delivered);
    expect(credentials.judge(denied)).toBe(denied);
    vi.advanceTimersByTime(ROTATION_MILLIS - 1);
    expect(credentials.judge(denied)).toBe(denied);
  });

  it('do not count as accepted because of another failure', () => {
    const credentials = new Credentials(false);
    const others: FlushOutcome[] = [
      { kind: 'throttled', error: new Error('503') },
      { kind: 'retry', error: new Error('reset') },
      { kind: 'refused', error: new Error('400') },
    ];
    for (const outcome of others) expect(credentials.judge(outcome)).toBe(outcome);
    expect(credentials.judge(denied)).toEqual(refused);
  });
});

describe('credentials from a function', () => {
  it('have their requests kept however long they are denied, even if they were never accepted', () => {
    const credentials = new Credentials(true);
    expect(credentials.judge(denied)).toBe(denied);
    vi.advanceTimersByTime(10 * ROTATION_MILLIS);
    expect(credentials.judge(denied)).toBe(denied);
  });
});
