import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { filesIn, openStore, segmentsIn, temporaryFolder, until } from './temporary-spool.ts';

it('what is stored is sent again in order, byte by byte, and leaves no file', async () => {
  const directory = temporaryFolder();
  const pipeline = new InMemoryPipeline('metrics');
  pipeline.answer = () => 'kept';
  const place = openStore(directory).join(pipeline);
  const texts = Array.from({ length: 50 }, (_, index) => `request ${index}`);
  for (const text of texts) expect(place.store(requestOf(text, 3), 'soon')).toBe(true);
  expect(place.isEmpty).toBe(false);
  expect(place.getMetrics().items).toBe(150);
  await until(() => segmentsIn(directory).length > 0);
  pipeline.answer = () => 'settled';
  await until(() => place.isEmpty);
  expect(pipeline.resent.map(({ text }) => text)).toEqual(texts);
  expect(pipeline.resent.every(({ items, storedBy }) => items === 3 && storedBy === 'here')).toBe(true);
  expect(pipeline.lost).toEqual([]);
  await place.close();
  expect(filesIn(directory)).toEqual([]);
});

it('what is left at the end of a process is sent by the next one, as stored elsewhere', async () => {
  const directory = temporaryFolder();
  const first = new InMemoryPipeline();
  first.answer = () => 'kept';
  const place = openStore(directory).join(first);
  place.store(requestOf('a', 2), 'soon');
  place.store(requestOf('b', 3), 'soon');
  await place.close();
  expect(place.store(requestOf('c'), 'soon')).toBe(false);
  expect(segmentsIn(directory)).toHaveLength(1);

  const second = new InMemoryPipeline();
  const next = openStore(directory).join(second);
  await until(() => second.resent.length === 2);
  expect(second.resent).toEqual([
    { text: 'a', items: 2, storedBy: 'elsewhere' },
    { text: 'b', items: 3, storedBy: 'elsewhere' },
  ]);
  await until(() => next.isEmpty);
  expect([...first.lost, ...second.lost]).toEqual([]);
  await next.close();
  expect(filesIn(directory)).toEqual([]);
});

it('a request that is stored now is in the file when store returns', () => {
  const directory = temporaryFolder();
  const pipeline = new InMemoryPipeline();
  pipeline.answer = () => 'kept';
  const place = openStore(directory).join(pipeline);
  place.store(requestOf('pending', 1), 'soon');
  expect(place.store(requestOf('at the end', 1), 'now')).toBe(true);
  const [segment = ''] = segmentsIn(directory);
  expect(statSync(segment).size).toBeGreaterThan(80);
  place.closeNow();
});

it('nothing is on the disk before the first request is stored, and only its user can read it then', async () => {
  const directory = join(temporaryFolder(), 'spool');
  const pipeline = new InMemoryPipeline();
  pipeline.answer = () => 'kept';
  const store = openStore(directory);
  const place = store.join(pipeline);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(existsSync(directory)).toBe(false);
  place.store(requestOf('a'), 'now');
  for (const path of filesIn(directory)) {
    expect(statSync(join(directory, path)).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, path, '..')).mode & 0o777).toBe(0o700);
  }
  await place.close();
});
