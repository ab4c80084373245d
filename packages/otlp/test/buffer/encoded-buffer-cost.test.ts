import { admissionTo } from '@spillway/backpressure';
import { describe, expect, it } from 'vitest';
import { EncodedBuffer } from '../../src/buffer/encoded-buffer.ts';
import { type SampleItem, sampleEncoder } from './sample-items.ts';

const FEW = 1_000;
const MANY = 200_000;
const OPERATIONS = 20_000;
const item: SampleItem = { id: 0, bytes: 60 };

function filled(count: number): EncodedBuffer<SampleItem> {
  const buffer = new EncodedBuffer({ encoder: sampleEncoder });
  for (let pushed = 0; pushed < count; pushed += 1) buffer.push(item, admissionTo(0));
  return buffer;
}

function millisOf(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** The lowest of several ratios, because other work of the machine may slow down either run. */
function lowestRatio(numerator: () => void, denominator: () => void): number {
  let lowest = Infinity;
  for (let round = 0; round < 8; round += 1) lowest = Math.min(lowest, millisOf(numerator) / millisOf(denominator));
  return lowest;
}

const works: Record<string, (buffer: EncodedBuffer<SampleItem>) => void> = {
  'an eviction of the oldest for each push': (buffer) => {
    buffer.push(item, admissionTo(0));
    buffer.evict('oldest');
  },
  'an eviction of the newest for each push': (buffer) => {
    buffer.push(item, admissionTo(0));
    buffer.evict('newest');
  },
  'a push that is taken back': (buffer) => {
    buffer.push(item, admissionTo(0));
    buffer.undoPush();
  },
  'a small batch that is put back': (buffer) => {
    buffer.putBack(buffer.take(10, Infinity));
  },
  'a small batch that is released and replaced': (buffer) => {
    buffer.release(buffer.take(5, Infinity));
    for (let pushed = 0; pushed < 5; pushed += 1) buffer.push(item, admissionTo(0));
  },
};

describe('the cost of EncodedBuffer', () => {
  it.each(Object.entries(works))('does not grow with the number of held items: %s', (_, work) => {
    const [few, many] = [filled(FEW), filled(MANY)];
    const run = (buffer: EncodedBuffer<SampleItem>) => () => {
      for (let operation = 0; operation < OPERATIONS; operation += 1) work(buffer);
    };
    run(few)();
    expect(lowestRatio(run(many), run(few))).toBeLessThan(5);
  });
});
