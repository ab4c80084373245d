/** A process that sends what others have left, prints it, and ends when nothing comes any more. Argument: directory. */
import { writeSync } from 'node:fs';
import { Spool } from '../src/index.ts';

const [directory = ''] = process.argv.slice(2);
let sentAt = performance.now();
const place = new Spool({ directory, service: 'shop' }).join({
  name: 'AdoptingProcessor',
  signal: 'traces',
  async resend({ body }) {
    sentAt = performance.now();
    writeSync(1, `${Buffer.concat(body.chunks).toString()}\n`);
    return 'settled';
  },
  onLost: (reason, items) => void writeSync(1, `lost ${items} ${reason}\n`),
});
const timer = setInterval(() => {
  if (!place.isEmpty || performance.now() - sentAt < 500) return;
  clearInterval(timer);
  void place.close();
}, 20);
