/** A process that has stored something for which there is no collector, and has nothing else to do. Argument: directory. */
import { Spool } from '../src/index.ts';

const [directory = ''] = process.argv.slice(2);
const place = new Spool({ directory, service: 'shop' }).join({
  name: 'IdleProcessor',
  signal: 'traces',
  resend: async () => 'kept',
  onLost: () => {},
});
const bytes = Buffer.from('left by an idle process');
place.store({ items: 1, body: { chunks: [bytes], byteLength: bytes.length } }, 'soon');
