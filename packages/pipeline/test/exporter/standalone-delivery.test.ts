import { Destination, type FlushOutcome, now } from '@spillway/backpressure';
import type { RequestBuffer } from '@spillway/otlp';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RetryGate } from '../../src/exporter/standalone-retry-gate.ts';
import { deliver } from '../../src/exporter/standalone-delivery.ts';
import { LossLines } from '../../src/log/loss-lines.ts';

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
    losses: new LossLines('test'),
  };
  const failed = expect(deliver((visit) => visit('item'), failingBuffer(10), delivery)).rejects.toThrow(
    'out of memory',
  );
  await vi.advanceTimersByTimeAsync(50_000);
  await failed;
  // Not half open, which it is while a probe is in flight.
  expect(destination.circuit(5)).toBe('open');
});
