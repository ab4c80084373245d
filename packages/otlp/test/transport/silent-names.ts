/**
 * Runs in its own network and mount namespaces, whose name server is 127.0.0.1. It is that name server, and the
 * collector, and it runs `silent-names-application.ts`. Arguments: how many questions for the collector's name are
 * answered before it falls silent; how many milliseconds the application runs. Prints the application's report, and how
 * the application ended.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startNameServer } from './name-server.ts';

const [answered = '', runsFor = ''] = process.argv.slice(2);

createServer((request, response) => request.resume().on('end', () => response.end())).listen(4318, '127.0.0.1');

let left = Number(answered);
await startNameServer((name, type) => {
  if (name === 'collector.test' && (left -= 1) < 0) return 'silence';
  return type === 'A' ? ['127.0.0.1'] : [];
}, 53);

const application = spawn(process.execPath, [
  fileURLToPath(new URL('silent-names-application.ts', import.meta.url)),
  runsFor,
]);
const ended = once(application, 'exit').then(([code]) => ({ code: code as number | null, endedAt: Date.now() }));
const [stdout, stderr, { code, endedAt }] = await Promise.all([
  text(application.stdout),
  text(application.stderr),
  ended,
]);
const { exitedAt, ...report } = JSON.parse(stdout) as { exitedAt: number };
process.stdout.write(JSON.stringify({ ...report, code, stderr, exitMillis: endedAt - exitedAt }), () => process.exit());
