/** Writes readings to SQLite, first with a transaction for each, then in batches, and prints both rates. */
import { DatabaseSync } from 'node:sqlite';
import { openReadingWriter, type Reading } from './reading-writer.ts';

const ROWS_ONE_BY_ONE = 100;
const ROWS_IN_BATCHES = 20_000;

const [file = 'readings.db'] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec('CREATE TABLE IF NOT EXISTS readings (sensor TEXT NOT NULL, at INTEGER NOT NULL, celsius REAL NOT NULL)');

function* readings(count: number): Generator<Reading> {
  for (let index = 0; index < count; index += 1)
    yield { sensor: `s${index % 7}`, at: Date.now(), celsius: 20 + (index % 50) / 10 };
}

async function measure(way: string, rows: number, write: () => Promise<void>): Promise<void> {
  const start = performance.now();
  await write();
  const seconds = (performance.now() - start) / 1_000;
  console.log(`${way}: ${Math.round(rows / seconds)} rows/s`);
}

await measure('a transaction each', ROWS_ONE_BY_ONE, async () => {
  const insert = database.prepare('INSERT INTO readings (sensor, at, celsius) VALUES (?, ?, ?)');
  for (const { sensor, at, celsius } of readings(ROWS_ONE_BY_ONE)) insert.run(sensor, at, celsius);
});

const writer = openReadingWriter(database);
await measure('in batches', ROWS_IN_BATCHES, async () => {
  for (const reading of readings(ROWS_IN_BATCHES)) await writer.push(reading); // waits if SQLite is slower than this loop
  await writer.flush();
});

const { failed, remaining } = await writer.close();
database.close();
if (failed + remaining > 0) console.error(`${failed} rows were refused, ${remaining} are lost`);
