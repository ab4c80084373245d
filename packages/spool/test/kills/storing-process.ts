/**
 * A process that stores requests until it is killed. Arguments: directory, sync mode, seed. It prints a line for each request
 * that was stored (`soon 7`, `now 8`) and for each that was delivered (`sent 7`), after the fact.
 */
import { writeSync } from 'node:fs';
import type { SyncMode } from '../../src/index.ts';
import { Spool } from '../../src/index.ts';
import { seededRandom } from '../../../sampling/test/seeded-random.ts';
import { textOf } from './request-text.ts';

const [directory = '', sync = '', seed = ''] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const spool = new Spool({ directory, service: 'killed', sync: sync as SyncMode });
// Half of the processes are in an outage, the others send something now and then.
const isOutage = random() < 0.5;

const place = spool.join({
  name: 'KilledProcessor',
  signal: 'traces',
  async resend({ body }) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (isOutage || random() < 0.5) return 'kept';
    writeSync(1, `sent ${Number.parseInt(Buffer.concat(body.chunks).toString('latin1', 8), 10)}\n`);
    return 'settled';
  },
  onLost(reason, items, storedBy) {
    writeSync(1, `lost ${items} ${reason} ${storedBy}\n`);
  },
});

let count = 0;
function store(): void {
  for (let burst = Math.floor(random() * 8); burst >= 0; burst -= 1) {
    const when = random() < 0.02 ? 'now' : 'soon';
    const bytes = Buffer.from(textOf(count, Math.floor(random() * 40_000)), 'latin1');
    if (place.store({ items: 1, body: { chunks: [bytes], byteLength: bytes.length } }, when))
      writeSync(1, `${when} ${count}\n`);
    count += 1;
  }
  setTimeout(store, random() * 8);
}
store();
