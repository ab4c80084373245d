import { join } from 'node:path';
import { diag } from '@opentelemetry/api';
import { expect, it, onTestFinished } from 'vitest';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { openStore, segmentsIn, temporaryFolder, until } from './temporary-spool.ts';

it('pipelines whose first requests are stored at the same time make the same folders, and nothing is wrong', async () => {
  const warnings: string[] = [];
  diag.setLogger({
    error() {},
    warn: (line) => void warnings.push(line),
    info() {},
    debug() {},
    verbose() {},
  });
  onTestFinished(() => diag.disable());
  const folder = temporaryFolder();
  const store = openStore(join(folder, 'var', 'spool'));
  const places = (['traces', 'logs', 'metrics'] as const).map((signal) => {
    const pipeline = new InMemoryPipeline(signal);
    pipeline.answer = async () => new Promise(() => {});
    return store.join(pipeline);
  });
  for (const place of places) place.store(requestOf('a'), 'soon');
  await until(() => segmentsIn(folder).length === 3);
  expect(warnings).toEqual([]);
  for (const place of places) place.closeNow();
});
