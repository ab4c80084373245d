import { describe, expect, it } from 'vitest';
import { DepartureOrder, FlushBarrier } from '../src/flush-barrier.ts';

const barrierOf = (queued: number, flights: readonly { readonly items: number }[], order = new DepartureOrder()) =>
  new FlushBarrier(queued, flights, order);
const flight = (items: number): { readonly items: number } => ({ items });

describe('a flush barrier', () => {
  it('is reached when the items that were queued have been taken, and those that were out have settled', () => {
    const before = flight(5);
    const barrier = barrierOf(3, [before]);
    const [first, second] = [flight(2), flight(2)];
    barrier.onStart(first);
    barrier.onStart(second);
    expect(barrier.isReached(10)).toBe(false);
    for (const settled of [second, before]) barrier.onSettled(settled);
    expect(barrier.isReached(10)).toBe(false);
    barrier.onSettled(first);
    expect(barrier.isReached(10)).toBe(true);
  });

  it('does not wait for flights that carry only newer items', () => {
    const barrier = barrierOf(1, []);
    const [older, newer] = [flight(1), flight(1)];
    barrier.onStart(older);
    barrier.onStart(newer);
    barrier.onSettled(older);
    expect(barrier.isReached(10)).toBe(true);
  });

  it('waits again for items that come back, but only for as many as it waited for', () => {
    const barrier = barrierOf(1, []);
    const mixed = flight(4);
    barrier.onStart(mixed);
    barrier.onPutBack(mixed, 4, true);
    expect(barrier.isReached(4)).toBe(false);
    const again = flight(1);
    barrier.onStart(again);
    barrier.onSettled(again);
    expect(barrier.isReached(3)).toBe(true);
  });

  it('waits for everything that is queued once items that came back have mixed the lanes', () => {
    const barrier = barrierOf(1, []);
    const newer = flight(1);
    barrier.onPutBack(newer, 3, false);
    const next = flight(2);
    barrier.onStart(next);
    barrier.onSettled(next);
    expect(barrier.isReached(1)).toBe(false);
  });

  it('ignores items that come back once none of its own items is queued', () => {
    const older = flight(1);
    const barrier = barrierOf(0, [older]);
    barrier.onPutBack(flight(2), 5, false);
    barrier.onSettled(older);
    expect(barrier.isReached(5)).toBe(true);
  });

  it('waits for one more item when it is overtaken, and for one less when the next item is evicted', () => {
    const order = new DepartureOrder();
    const barrier = barrierOf(1, [], order);
    order.onOvertaken();
    order.onNextEvicted();
    expect(barrier.isReached(5)).toBe(false);
    order.onNextEvicted();
    expect(barrier.isReached(5)).toBe(true);
  });

  it('counts only changes since it was created', () => {
    const order = new DepartureOrder();
    for (let count = 0; count < 3; count += 1) order.onNextEvicted();
    const barrier = barrierOf(2, [], order);
    const first = flight(1);
    barrier.onStart(first);
    barrier.onSettled(first);
    expect(barrier.isReached(5)).toBe(false);
    order.onNextEvicted();
    expect(barrier.isReached(5)).toBe(true);
  });

  it('ignores newer items once none of its own items is queued', () => {
    const order = new DepartureOrder();
    const barrier = barrierOf(1, [], order);
    const last = flight(1);
    barrier.onStart(last);
    order.onOvertaken();
    barrier.onSettled(last);
    expect(barrier.isReached(5)).toBe(true);
  });

  it('waits for items that come back after the next items were evicted', () => {
    const order = new DepartureOrder();
    const barrier = barrierOf(2, [], order);
    const out = flight(1);
    barrier.onStart(out);
    order.onNextEvicted();
    order.onNextEvicted();
    barrier.onPutBack(out, 4, true);
    expect(barrier.isReached(4)).toBe(false);
    const again = flight(1);
    barrier.onStart(again);
    barrier.onSettled(again);
    expect(barrier.isReached(3)).toBe(true);
  });

  it('is reached when the buffer is empty and nothing is out, whatever its count', () => {
    expect(barrierOf(5, []).isReached(0)).toBe(true);
  });
});
