import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runProgram } from '@spillway/test/example';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importVisits, type Visit } from '../src/import-visits.ts';

const EXAMPLE = new URL('..', import.meta.url);
const PATIENCE_MILLIS = 60_000;

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-visits-'));
  file = join(folder, 'visits.db');
});

afterEach(() => rm(folder, { recursive: true }));

const lineOf = (id: number): string => JSON.stringify({ id, path: `/orders/${id}`, status: 200 } satisfies Visit);

async function* log(count: number): AsyncGenerator<string> {
  for (let id = 0; id < count; id += 1) yield lineOf(id);
}

function stored(): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare('SELECT count(*) AS visits FROM visits').get();
  database.close();
  return row?.['visits'];
}

describe('the example of a stream into SQLite', () => {
  it(
    'stores each line of a file once',
    async () => {
      const path = join(folder, 'visits.log');
      await writeFile(path, Array.from({ length: 20_000 }, (_, id) => `${lineOf(id)}\n`).join(''));
      // Runs the built package.
      const { code, stdout } = await runProgram(EXAMPLE, ['src/main.ts', path, file], {}, PATIENCE_MILLIS);
      expect({ code, stdout }).toEqual({ code: 0, stdout: '20000 visits are stored\n' });
      expect(stored()).toBe(20_000);
    },
    2 * PATIENCE_MILLIS,
  );

  describe('while it imports', () => {
    let database: DatabaseSync;

    beforeEach(() => {
      database = new DatabaseSync(file);
      database.exec('CREATE TABLE visits (id INTEGER PRIMARY KEY, path TEXT NOT NULL, status INTEGER NOT NULL)');
    });

    afterEach(() => database.close());

    it('waits while another process has locked the database, and then stores every line', async () => {
      const other = new DatabaseSync(file);
      other.exec('BEGIN IMMEDIATE');
      const unlock = (): void => {
        if (other.isTransaction) other.exec('ROLLBACK');
      };
      const imported = importVisits(log(3_000), database, {
        maxBufferSize: 1_000,
        onFlush: ({ outcome }) => void (outcome.kind === 'retry' && unlock()),
      });
      expect(await imported).toBe(3_000);
      other.close();
      expect(stored()).toBe(3_000);
    });

    it('goes on with a log of which a part is already stored', async () => {
      await importVisits(log(1_500), database);
      await importVisits(log(3_000), database);
      expect(stored()).toBe(3_000);
    });

    it('stores what came before a line that is no JSON, and fails', async () => {
      const broken = async function* (): AsyncGenerator<string> {
        yield* log(1_500);
        yield 'no JSON';
      };
      await expect(importVisits(broken(), database)).rejects.toThrow(SyntaxError);
      expect(stored()).toBe(1_500);
    });
  });
});
