/** Imports a log with one line of JSON for each visit: `node src/main.ts visits.log visits.db`. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { importVisits } from './import-visits.ts';

const [log = 'visits.log', file = 'visits.db'] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec(
  'CREATE TABLE IF NOT EXISTS visits (id INTEGER PRIMARY KEY, path TEXT NOT NULL, status INTEGER NOT NULL)',
);

const lines = createInterface({ input: createReadStream(log) });
console.log(`${await importVisits(lines, database)} visits are stored`);
database.close();
