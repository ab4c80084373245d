import type { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { BackpressureController, type BackpressureControllerConfig } from '@spillway/backpressure';
import { toNodeWritable } from '@spillway/backpressure/node';

/** A line of the log that is imported, as JSON. */
export interface Visit {
  readonly id: number;
  readonly path: string;
  readonly status: number;
}

/** Stores each line of a log once, and resolves when all are stored. Rejects if a line cannot be read, or not all are stored. */
export async function importVisits(
  lines: AsyncIterable<string>,
  database: DatabaseSync,
  options: BackpressureControllerConfig<Visit> = {},
): Promise<number> {
  // A log may be imported again. Otherwise its first line would be refused at each attempt, and the stream would wait forever.
  const insert = database.prepare('INSERT INTO visits (id, path, status) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING');
  const visits = new BackpressureController<Visit>(
    // One transaction for each batch. If it throws, for example because another process has locked the database, the
    // controller repeats it.
    async (batch) => {
      inTransaction(database, () => {
        for (const { id, path, status } of batch) insert.run(id, path, status);
      });
      return { kind: 'delivered' };
    },
    { maxBufferSize: 10_000, batchSize: 1_000, ...options },
  );
  try {
    await pipeline(lines, parsed, toNodeWritable(visits));
  } finally {
    // A pipeline that fails does not wait for what was written before. Only then may the database be closed.
    await visits.close();
  }
  return visits.getMetrics().eventsFlushed;
}

async function* parsed(lines: AsyncIterable<string>): AsyncGenerator<Visit> {
  for await (const line of lines) yield JSON.parse(line) as Visit;
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
