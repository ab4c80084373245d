/** A process that ends at once after its main thread and a worker have stored something each. Argument: directory. */
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { Spool } from '../src/index.ts';

const directory = isMainThread ? (process.argv[2] ?? '') : (workerData as string);
const place = new Spool({ directory, service: 'shop' }).join({
  name: 'ThreadProcessor',
  signal: 'traces',
  resend: async () => 'kept',
  onLost: () => {},
});
const bytes = Buffer.from(isMainThread ? 'of the main thread' : 'of the worker');
place.store({ items: 1, body: { chunks: [bytes], byteLength: bytes.length } }, 'now');
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { workerData: directory });
  worker.once('exit', () => process.exit());
} else process.exit();
