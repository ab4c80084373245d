import { expect, it } from 'vitest';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { runProgram } from './process-programs.ts';
import { drained, filesIn, openStore, segmentsIn, temporaryFolder, until } from './temporary-spool.ts';

it('of several processes that start at the same moment, each chain that was left goes to one, and nothing is sent twice', async () => {
  const directory = temporaryFolder();
  const texts = Array.from({ length: 24 }, (_, index) => `request ${index}`);
  for (let from = 0; from < texts.length; from += 2) {
    const pipeline = new InMemoryPipeline();
    pipeline.answer = () => 'kept';
    const place = openStore(directory).join(pipeline);
    for (const text of texts.slice(from, from + 2)) place.store(requestOf(text), 'now');
    place.closeNow();
  }
  expect(segmentsIn(directory)).toHaveLength(12);
  const outputs = await Promise.all([1, 2, 3].map(async () => runProgram('adopting-process.ts', directory)));
  expect(outputs.flat().toSorted()).toEqual(texts.toSorted());
  expect(filesIn(directory)).toEqual([]);
});

it('each thread of a process has files of its own, and the next process sends them all', async () => {
  const directory = temporaryFolder();
  await runProgram('two-threads-process.ts', directory);
  expect(segmentsIn(directory)).toHaveLength(2);
  const pipeline = new InMemoryPipeline();
  const place = openStore(directory).join(pipeline);
  await until(drained(directory, place));
  expect(pipeline.resent.map(({ text }) => text).toSorted()).toEqual(['of the main thread', 'of the worker']);
  await place.close();
  expect(filesIn(directory)).toEqual([]);
});

it('a spool does not keep its process alive, and has written what was stored when it ends', async () => {
  const directory = temporaryFolder();
  await runProgram('idle-process.ts', directory);
  const pipeline = new InMemoryPipeline();
  const place = openStore(directory).join(pipeline);
  await until(() => pipeline.resent.length > 0);
  expect(pipeline.resent[0]?.text).toBe('left by an idle process');
  await place.close();
});
