import { Destination, type FlushOutcome, now } from '@spillway/backpressure';
import type { RequestBuffer } from '@spillway/otlp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RetryGate } from '../../src/exporter/standalone-retry-gate.ts';
import { deliver, type StandaloneDelivery } from '../../src/exporter/standalone-delivery.ts';
import { LossLines } from '../../src/log/loss-lines.ts';

const DELIVERED: FlushOutcome = { kind: 'delivered' };
const TOO_LARGE: FlushOutcome = { kind: 'too_large', error: new Error('too large') };
const UNREACHABLE: FlushOutcome = { kind: 'retry', error: new Error('nobody is there') };
const signal = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A buffer with one item, which fails after it has made `requests` requests of it. */
function failingBuffer(requests: number) {
  let made = 0;
  return {
    size: 1,
    push() {},
    take: () => ({}),
    countOf: () => 1,
    putBack() {},
    assembleRequest() {
      if (made++ === requests) throw new Error('out of memory');
      return {};
    },
  } as unknown as RequestBuffer<string, unknown>;
}

it('a delivery that fails in the middle of a probe leaves the next probe to others', async () => {
  const destination = new Destination();
  const gate = new RetryGate(destination);
  gate.onOutcome(gate.start(), { kind: 'delivered' });
  const delivery = {
    send: async () => UNREACHABLE,
    gate,
    deadline: now() + 60_000,
    signal,
    losses: new LossLines('test', 'traces'),
  };
  const failed = expect(deliver((visit) => visit('item'), failingBuffer(10), delivery)).rejects.toThrow(
    'out of memory',
  );
  await vi.advanceTimersByTimeAsync(50_000);
  await failed;
  // Not half open, which it is while a probe is in flight.
  expect(destination.circuit(5)).toBe('open');
});

/** Takes items in order. Its requests are the lists of their items. */
function listBuffer(): RequestBuffer<number, number[]> {
  const items: number[] = [];
  return {
    get size() {
      return items.length;
    },
    push: (item: number) => items.push(item),
    take: (most: number) => items.splice(0, most),
    countOf: (batch: number[]) => batch.length,
    putBack: (batch: number[]) => items.unshift(...batch),
    release() {},
    assembleRequest: (batch: number[]) => batch,
  } as unknown as RequestBuffer<number, number[]>;
}

/** Delivers the numbers from 1 within a second, unless the options say otherwise. */
function delivering(
  count: number,
  send: (items: readonly number[], ended: AbortSignal) => FlushOutcome | Promise<FlushOutcome>,
  options: Partial<StandaloneDelivery> = {},
) {
  return deliver<number, number[]>(
    (visit) => {
      for (let item = 1; item <= count; item += 1) visit(item);
    },
    listBuffer(),
    {
      send: async (body, ended) => send(body as unknown as readonly number[], ended),
      gate: new RetryGate(new Destination()),
      deadline: now() + 1_000,
      signal,
      losses: new LossLines('test', 'traces'),
      ...options,
    },
  );
}

describe('a request that is too large', () => {
  it('is halved until its parts are accepted', async () => {
    const requests: (readonly number[])[] = [];
    const result = await delivering(5, (items) => {
      requests.push(items);
      return items.length > 2 ? TOO_LARGE : DELIVERED;
    });
    expect(result).toEqual({ code: 0 });
    expect(requests).toEqual([[1, 2, 3, 4, 5], [1, 2, 3], [1, 2], [3, 4], [5]]);
  });

  it('is not halved after the deadline', async () => {
    let requests = 0;
    const result = await delivering(5, () => {
      requests += 1;
      vi.advanceTimersByTime(1_000);
      return TOO_LARGE;
    });
    expect(result).toEqual({ code: 1, error: TOO_LARGE.error });
    expect(requests).toBe(1);
  });

  it('with a single item fails alone, and the others are delivered', async () => {
    const arrived: number[] = [];
    const result = await delivering(4, (items) => {
      if (items.includes(2)) return TOO_LARGE;
      arrived.push(...items);
      return DELIVERED;
    });
    expect(result).toEqual({ code: 1, error: TOO_LARGE.error });
    expect(arrived).toEqual([1, 3, 4]);
  });
});

describe('an export that is ended', () => {
  it('aborts an attempt that begins afterwards, with the reason', async () => {
    const reason = new Error('shut down');
    let seen: unknown;
    await delivering(
      1,
      (_, ended) => {
        seen = ended.aborted && ended.reason;
        return DELIVERED;
      },
      { signal: AbortSignal.abort(reason) },
    );
    expect(seen).toBe(reason);
  });

  it('aborts the attempt in flight at its deadline', async () => {
    const outcome = delivering(1, (_, ended) => {
      return new Promise((resolve) => ended.addEventListener('abort', () => resolve(UNREACHABLE)));
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await outcome).toEqual({ code: 1, error: UNREACHABLE.error });
  });

  it('gives up an attempt that ignores its signal, a second later', async () => {
    let result: unknown;
    void delivering(1, () => new Promise(() => {})).then((settled) => (result = settled));
    await vi.advanceTimersByTimeAsync(1_999);
    expect(result).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(result).toEqual({ code: 1, error: new Error('an attempt did not end in time') });
  });

  it('does not wait for its next attempt', async () => {
    const end = new AbortController();
    const outcome = delivering(1, () => UNREACHABLE, { signal: end.signal, deadline: Infinity });
    await vi.advanceTimersByTimeAsync(0);
    end.abort();
    expect(await outcome).toEqual({ code: 1, error: UNREACHABLE.error });
  });

  it('fails at once if the collector asks for a longer pause than it has time', async () => {
    const throttled: FlushOutcome = { kind: 'throttled', retryAfterMs: 1_001, error: new Error('slow down') };
    expect(await delivering(1, () => throttled)).toEqual({ code: 1, error: throttled.error });
  });
});

describe('the circuit of the destination', () => {
  const ABORTED: FlushOutcome = {
    kind: 'retry',
    error: Object.assign(new Error('shut down'), { name: 'AbortError' }),
  };

  async function circuitAfter(...outcomes: readonly FlushOutcome[]) {
    const destination = new Destination();
    const gate = new RetryGate(destination);
    for (const outcome of outcomes) {
      gate.onOutcome(gate.start(), outcome);
      await vi.advanceTimersByTimeAsync(60_000);
    }
    return destination.circuit(5);
  }

  const FAILURES: readonly FlushOutcome[] = Array.from({ length: 20 }, () => UNREACHABLE);

  it('opens after failures of the collector', async () => {
    expect(await circuitAfter(...FAILURES)).toBe('open');
  });

  it('closes with an answer, even one that says that the request is too large', async () => {
    expect(await circuitAfter(...FAILURES, DELIVERED)).toBe('closed');
    expect(await circuitAfter(...FAILURES, TOO_LARGE)).toBe('closed');
  });

  it('stays closed if the exporter itself has ended the attempts', async () => {
    expect(await circuitAfter(...FAILURES.map(() => ABORTED))).toBe('closed');
  });

  it('stays open if a request was not even sent, because it was too large', async () => {
    expect(await circuitAfter(...FAILURES, { ...TOO_LARGE, unsent: true })).toBe('open');
  });
});
