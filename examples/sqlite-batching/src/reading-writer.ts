import type { DatabaseSync } from 'node:sqlite';
import { BackpressureController, type BackpressureControllerConfig, type FlushResult } from '@spillway/backpressure';

export interface Reading {
  readonly sensor: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly celsius: number;
}

/** The primary result code of SQLite for a row that breaks a rule of its table. */
const SQLITE_CONSTRAINT = 19;

/** Writes readings to their table, each batch in one transaction. To be closed before the database is. */
export function openReadingWriter(database: DatabaseSync, options: BackpressureControllerConfig<Reading> = {}): BackpressureController<Reading> {
  const insert = database.prepare('INSERT INTO readings (sensor, at, celsius) VALUES (?, ?, ?)');

  const insertAll = (rows: readonly Reading[]): FlushResult => {
    const errors: Error[] = [];
    for (const { sensor, at, celsius } of rows) {
      try {
        insert.run(sensor, at, celsius);
      } catch (error) {
        // Such a row fails alone, and always will. Anything else, a full disk for instance, may pass.
        if (!isConstraintError(error)) throw error;
        errors.push(error);
      }
    }
    return { success: rows.length - errors.length, failed: errors.length, errors };
  };

  const writer = new BackpressureController<Reading>(
    // What throws, a locked database for instance, is repeated by the controller: each batch is stored once, or not yet.
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
  // The low byte of an extended code is the primary one.
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_CONSTRAINT;
}
