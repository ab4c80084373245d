import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_CIRCUIT_BREAKER, DEFAULT_RETRY, Destination, FlushGate, type FlushOutcome } from '../src/index.ts';
import { advance, now, resetClock } from './fake-clock.ts';
import { denied, retry } from './held-consumer.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

const ROUNDS = 6;

async function fail(gate: FlushGate, outcome: FlushOutcome, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await advance(1_000);
    const flush = { startedAt: now() };
    gate.onStart(flush);
    await advance(10);
    gate.onFailure(flush, outcome as FlushOutcome & { kind: 'retry' }, now(), false);
  }
}

describe('a gate', () => {
  it.each([
    { name: 'shares the outage', outcome: retry, outageOver: true, circuit: 'closed' },
    { name: 'is denied, and so has its own circuit', outcome: denied, outageOver: false, circuit: 'open' },
  ])('that $name is told when another pipeline gets an answer', async ({ outcome, outageOver, circuit }) => {
    const destination = new Destination();
    const onOpen = vi.fn<(outageOver: boolean) => void>();
    const gate = new FlushGate(DEFAULT_RETRY, DEFAULT_CIRCUIT_BREAKER, destination, onOpen);
    const other = new FlushGate(DEFAULT_RETRY, DEFAULT_CIRCUIT_BREAKER, destination, () => {});
    await fail(gate, retry, 1);
    await fail(other, retry, ROUNDS);
    await fail(gate, outcome, ROUNDS);
    expect(gate.circuit).toBe('open');
    onOpen.mockClear();
    other.onAnswer();
    expect(onOpen).toHaveBeenCalledExactlyOnceWith(outageOver);
    expect(gate.circuit).toBe(circuit);
  });
});
