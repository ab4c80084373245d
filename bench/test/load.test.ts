import { afterEach, expect, it, vi } from 'vitest';
import { LoadGenerator } from '../src/application/load.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('a saturating load goes on as soon as there is room in the queue, and never overfills it', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1));
  let [queue, highest] = [0, 0];
  const make = (): void => {
    queue += 1;
    highest = Math.max(highest, queue);
  };
  const source = { make, flush: () => Promise.resolve(), shutdown: () => Promise.resolve() };
  const load = new LoadGenerator(source, () => {
    const queued = queue;
    // The pipeline takes everything while the application waits.
    if (queued > 20) queue = 0;
    return queued;
  });
  // One moment of the clock is the start, and each of the other 99 a turn: three with items, and one that waits.
  await load.saturate(0.1, 10, 20);
  expect(highest).toBe(30);
  expect(load.made).toBe(750);
});
