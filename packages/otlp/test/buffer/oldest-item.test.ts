import { admissionTo } from '@spillway/backpressure';
import { describe, expect, it } from 'vitest';
import { EncodedBuffer } from '../../src/buffer/encoded-buffer.ts';
import { type SampleItem, sampleEncoder } from './sample-items.ts';

/** A buffer and its clock. */
class Subject {
  time = 1_000;
  readonly buffer = new EncodedBuffer<SampleItem>({ encoder: sampleEncoder, now: () => this.time });
  #nextId = 0;

  push(count: number, lane = 0, bytes = 300): void {
    for (let pushed = 0; pushed < count; pushed += 1) {
      this.buffer.push({ id: this.#nextId, bytes }, admissionTo(lane));
      this.#nextId += 1;
    }
  }

  get oldestMs(): number | undefined {
    const { oldestQueuedAt } = this.buffer;
    return oldestQueuedAt === undefined ? undefined : this.time - oldestQueuedAt;
  }
}

describe('the age of the oldest queued item of an encoded buffer', () => {
  it('is not there while nothing is queued', () => {
    const subject = new Subject();
    expect(subject.oldestMs).toBeUndefined();
    subject.push(1);
    subject.buffer.take(1, Infinity);
    expect(subject.oldestMs).toBeUndefined();
  });

  it('grows while items wait, and does not change with newer ones', () => {
    const subject = new Subject();
    subject.push(1);
    expect(subject.oldestMs).toBe(0);
    subject.time += 700;
    subject.push(5);
    expect(subject.oldestMs).toBe(700);
  });

  it('begins anew each time the queue is emptied, although the segment of the items goes on', () => {
    const subject = new Subject();
    subject.push(1);
    subject.time += 600_000;
    let inFlight = subject.buffer.take(0, 0);
    for (let flush = 0; flush < 20; flush += 1) {
      subject.push(3);
      subject.time += 1_000;
      const batch = subject.buffer.take(Infinity, Infinity);
      subject.buffer.release(inFlight);
      inFlight = batch;
    }
    subject.push(1);
    subject.time += 400;
    expect(subject.oldestMs).toBe(400);
  });

  it('follows the segments of a backlog', () => {
    const subject = new Subject();
    for (let second = 0; second < 60; second += 1) {
      subject.push(1_000);
      subject.time += 1_000;
    }
    expect(subject.oldestMs).toBe(60_000);
    subject.buffer.release(subject.buffer.take(30_000, Infinity));
    // A segment has some hundred items, so less than a second of them.
    expect(subject.oldestMs).toBeGreaterThanOrEqual(30_000);
    expect(subject.oldestMs).toBeLessThanOrEqual(31_000);
  });

  it('includes the time before items were taken, if they come back', () => {
    const subject = new Subject();
    subject.push(10);
    subject.time += 500;
    const batch = subject.buffer.take(Infinity, Infinity);
    subject.time += 5_000;
    subject.push(10);
    expect(subject.oldestMs).toBe(0);
    const [first, rest] = subject.buffer.split(batch);
    subject.buffer.putBack(first);
    expect(subject.oldestMs).toBe(5_500);
    subject.buffer.putBack(rest);
    subject.buffer.release(subject.buffer.take(Infinity, Infinity));
    subject.push(1);
    expect(subject.oldestMs).toBe(0);
  });

  it('is that of the lane that waits longest', () => {
    const subject = new Subject();
    subject.push(1, 0);
    for (let second = 0; second < 10; second += 1) {
      subject.push(50, 1);
      subject.time += 1_000;
      subject.buffer.release(subject.buffer.take(50, Infinity));
    }
    expect(subject.buffer.size).toBe(1);
    expect(subject.oldestMs).toBe(10_000);
  });

  it('is never too low, whatever happens', () => {
    const subject = new Subject();
    const arrivals: number[] = [];
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let step = 0; step < 3_000; step += 1) {
      subject.time += random(50);
      if (random(3) > 0) {
        subject.push(1, 0, 20 + random(2_000));
        arrivals.push(subject.time);
      } else {
        const count = random(12);
        const batch = subject.buffer.take(count, Infinity);
        if (random(2) === 0) subject.buffer.putBack(batch);
        else {
          arrivals.splice(0, batch.itemCount);
          subject.buffer.release(batch);
        }
      }
      const [oldest] = arrivals;
      expect(subject.oldestMs === undefined).toBe(oldest === undefined);
      expect(subject.oldestMs ?? 0).toBeGreaterThanOrEqual(oldest === undefined ? 0 : subject.time - oldest);
    }
  });
});
