import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runProgram } from '@spillway/test/example';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openReadingWriter, type Reading } from '../src/reading-writer.ts';

const EXAMPLE = new URL('..', import.meta.url);

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-sqlite-'));
  file = join(folder, 'readings.db');
});

afterEach(() => rm(folder, { recursive: true }));

function stored(): { readonly rows: unknown; readonly sensors: unknown } {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare('SELECT count(*) AS rows, count(DISTINCT sensor) AS sensors FROM readings').get();
  database.close();
  return { rows: row?.['rows'], sensors: row?.['sensors'] };
}

const readings = (count: number): Reading[] =>
  Array.from({ length: count }, (_, index) => ({ sensor: `s${index}`, at: index, celsius: 20 }));

describe('the example of SQLite', () => {
  it('stores each row once, and prints both rates', async () => {
    // Runs the built package.
    const { code, stdout } = await runProgram(EXAMPLE, ['src/main.ts', file], {});
    expect(code).toBe(0);
    expect(stdout).toMatch(/^a transaction each: \d+ rows\/s\nin batches: \d+ rows\/s\n$/);
    expect(stored()).toEqual({ rows: 20_100, sensors: 7 });
  });

  describe('the writer', () => {
    let database: DatabaseSync;

    beforeEach(() => {
      database = new DatabaseSync(file);
      database.exec(
        'CREATE TABLE readings (sensor TEXT NOT NULL, at INTEGER NOT NULL, celsius REAL NOT NULL CHECK (celsius > -274))',
      );
    });

    afterEach(() => database.close());

    it('keeps its rows while another process has locked the database, and stores them afterwards', async () => {
      const other = new DatabaseSync(file);
      other.exec('BEGIN IMMEDIATE');
      const { promise: isRefused, resolve } = Promise.withResolvers<void>();
      const writer = openReadingWriter(database, {
        onFlush: ({ outcome }) => void (outcome.kind === 'retry' && resolve()),
      });
      for (const reading of readings(1_200)) await writer.push(reading);
      await isRefused;
      expect(writer.getMetrics()).toMatchObject({ eventsFlushed: 0, eventsDropped: 0 });

      other.exec('ROLLBACK');
      other.close();
      expect(await writer.close()).toEqual({ flushed: 1_200, failed: 0, remaining: 0 });
      expect(stored()).toEqual({ rows: 1_200, sensors: 1_200 });
    });

    it('drops and counts rows that the table refuses, and stores the other rows of the batch', async () => {
      const writer = openReadingWriter(database);
      for (const reading of readings(10)) await writer.push(reading.at === 4 ? { ...reading, celsius: -300 } : reading);
      expect(await writer.close()).toMatchObject({ failed: 1, remaining: 0 });
      expect(writer.getMetrics()).toMatchObject({ eventsFlushed: 9, droppedByReason: { rejected: 1 } });
      expect(stored()).toEqual({ rows: 9, sensors: 9 });
    });
  });
});
