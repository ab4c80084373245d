import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NODE_FILES } from '../src/files/file-system.ts';
import { runNow } from '../src/files/work.ts';
import { removeProcess } from '../src/inspect/purge.ts';
import { listSpool, purgeSpool, verifySpool } from '../src/index.ts';
import { endProcesses } from './ended-process.ts';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { bytesIn, filesIn, openStore, segmentsIn, SERVICE, temporaryFolder } from './temporary-spool.ts';

/** Two processes: one has ended, one is alive. */
function twoProcesses() {
  const directory = temporaryFolder();
  const [ended, alive] = [new InMemoryPipeline('logs'), new InMemoryPipeline('traces')];
  for (const pipeline of [ended, alive]) pipeline.answer = () => 'kept';
  const first = openStore(directory).join(ended);
  first.store(requestOf('of the ended one', 3), 'now');
  first.store(requestOf('damaged', 4), 'now');
  first.store(requestOf('last', 1), 'now');
  first.closeNow();
  endProcesses(directory);
  const place = openStore(directory).join(alive);
  place.store(requestOf('of the live one', 5), 'now');
  return { directory, place, alive };
}

function damage(directory: string): void {
  const path = segmentsIn(directory).find((segment) => readFileSync(segment, 'latin1').includes('damaged')) ?? '';
  writeFileSync(path, readFileSync(path, 'latin1').replace('damaged', 'dama.ed'), 'latin1');
}

describe('without owning a spool,', () => {
  it('one can list what each process has stored, and the state of the process', async () => {
    const { directory, place } = twoProcesses();
    const before = filesIn(directory);
    const listed = await listSpool(directory);
    expect(
      listed.map(({ service, owner, chains }) => [
        service,
        owner.state,
        chains.map(({ signal, items }) => [signal, items]),
      ]),
    ).toEqual(
      expect.arrayContaining([
        [SERVICE, 'ended', [['logs', 8]]],
        [SERVICE, 'alive', [['traces', 5]]],
      ]),
    );
    const [chain] = listed.find(({ owner }) => owner.state === 'alive')?.chains ?? [];
    expect(chain).toMatchObject({ files: 1, unreadable: [] });
    expect(chain?.bytes).toBe(32 + 40 + 'of the live one'.length);
    expect(chain?.oldestStoredAt).toBeGreaterThan(1.7e12);
    expect(filesIn(directory)).toEqual(before);
    expect(await listSpool(directory, { service: 'other' })).toEqual([]);
    expect(await listSpool(join(directory, 'missing'))).toEqual([]);
    place.closeNow();
  });

  it('one can verify every record, and learn exactly what is damaged', async () => {
    const { directory, place } = twoProcesses();
    damage(directory);
    const before = bytesIn(directory);
    const verified = await verifySpool(directory, { service: SERVICE });
    const [chain] = verified.find(({ owner }) => owner.state === 'ended')?.chains ?? [];
    expect(chain).toMatchObject({ wholeRecords: 2, wholeItems: 4, damagedItems: 4 });
    expect(bytesIn(directory)).toBe(before);
    place.closeNow();
  });

  it('one can remove what ended processes have left, and with `all`, everything', async () => {
    const { directory, place, alive } = twoProcesses();
    const purged = await purgeSpool(directory);
    expect(purged.removed.map(({ owner }) => owner.state)).toEqual(['ended']);
    expect(purged.kept.map(({ owner }) => owner.state)).toEqual(['alive']);
    expect(segmentsIn(directory)).toHaveLength(1);
    expect((await purgeSpool(directory, { what: 'all' })).kept).toEqual([]);
    expect(filesIn(directory)).toEqual([]);
    // The live process goes on.
    expect(place.store(requestOf('next'), 'soon')).toBe(true);
    await place.close();
    expect(alive.lostItems('spool_corrupt')).toBeLessThanOrEqual(5);
    await expect(purgeSpool(directory, { what: 'some' as 'all' })).rejects.toThrow(
      'what must be ended or all, got some',
    );
  });

  it('one does not remove what somebody else has removed meanwhile, and says so', () => {
    const { directory, place } = twoProcesses();
    const before = filesIn(directory);
    expect(runNow(NODE_FILES, removeProcess(directory, join(directory, SERVICE, '1-1-00000000')))).toBe(false);
    expect(filesIn(directory)).toEqual(before);
    place.closeNow();
  });
});
