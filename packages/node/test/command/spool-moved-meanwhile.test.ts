import type * as spool from '@spillway/spool';
import { expect, it, vi } from 'vitest';
import { startCollector } from '../../../../test/collector/src/index.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { run } from './run.ts';
import { store } from './stored-items.ts';

const { path: pathOf } = useTemporaryFolder();

/** The second look, which is the first one after the replay has begun, comes while the files are moved. */
const looks = vi.hoisted(() => ({ count: 0 }));
vi.mock('@spillway/spool', async (importOriginal) => {
  const original = await importOriginal<typeof spool>();
  return {
    ...original,
    listSpool: async (directory: string) => {
      looks.count += 1;
      return looks.count === 2 ? [] : original.listSpool(directory);
    },
  };
});

it('spool replay sends everything, even if a look at the folders misses files that are being moved', async () => {
  const directory = pathOf('spool');
  await store({ directory, spans: 10 });
  await using collector = await startCollector();
  const { code, out } = await run(['spool', 'replay', directory], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^Delivered 10 of 10 items /) });
});
