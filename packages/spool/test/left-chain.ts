import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ResolvedSpoolOptions } from '../src/spool-options.ts';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { drained, openStore, segmentsIn, temporaryFolder, until } from './temporary-spool.ts';

export interface StoredRecord {
  readonly text: string;
  readonly items: number;
}

export interface LeftChain {
  readonly directory: string;
  readonly records: readonly StoredRecord[];
  readonly segments: readonly string[];
  readonly cursor: string;
}

/** What a process leaves that has stored these records and sent none of them. */
export async function leaveChain(
  records: readonly StoredRecord[],
  options: Partial<ResolvedSpoolOptions> & { readonly size?: number } = {},
): Promise<LeftChain> {
  const directory = temporaryFolder();
  const pipeline = new InMemoryPipeline();
  pipeline.answer = () => 'kept';
  const place = openStore(directory, { sync: 'never', ...options }).join(pipeline);
  for (const { text, items } of records) place.store(requestOf(text, items, options.size), 'now');
  place.closeNow();
  const segments = segmentsIn(directory);
  return { directory, records, segments, cursor: join(segments[0] ?? '', '..', 'cursor') };
}

/** What the next process makes of it: everything that is there has been sent or counted when this resolves. */
export async function openLeft({ directory }: LeftChain): Promise<InMemoryPipeline> {
  const pipeline = new InMemoryPipeline();
  const place = openStore(directory).join(pipeline);
  onTestFinished(() => place.closeNow());
  await until(drained(directory, place));
  await place.close();
  return pipeline;
}
