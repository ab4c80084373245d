import type { DatabaseSync } from 'node:sqlite';
import { BackpressureController, type BackpressureControllerConfig, type FlushResult } from '@spillway/backpressure';

export interface Reading {
  readonly sensor: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly celsius: number;
}

/** SQLite's primary result code for a row that violates a constraint of its table. */
const SQLITE_CONSTRAINT = 19;

/** Writes readings to their table, each batch in one transaction. Must be closed before the database. */
export function openReadingWriter(
  database: DatabaseSync,
  options: BackpressureControllerConfig<Reading> = {},
): BackpressureController<Reading> {
  const insert = database.prepare('INSERT INTO readings (sensor, at, celsius) VALUES (?, ?, ?)');

  const insertAll = (rows: readonly Reading[]): FlushResult => {
    const errors: Error[] = [];
    for (const { sensor, at, celsius } of rows) {
      try {
        insert.run(sensor, at, celsius);
      } catch (error) {
        // Such a row will always fail, but only this row. Any other error, such as a full disk, may pass.
        if (!isConstraintError(error)) throw error;
        errors.push(error);
      }
    }
    return { success: rows.length - errors.length, failed: errors.length, errors };
  };

  const writer = new BackpressureController<Reading>(
    // If this throws, for example because the database is locked, the controller repeats it. So each batch is stored
    // once.
    async (rows) => inTransaction(database, () => insertAll(rows)),
    { strategy: 'block', maxBufferSize: 10_000, batchSize: 500, maxBlockTimeMs: Infinity, ...options },
  );
  writer.start();
  return writer;
}

function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function isConstraintError(error: unknown): error is Error {
  // The low byte of an extended code is the primary code.
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_CONSTRAINT;
}
