/**
 * Logs with pino through one transport, and calls `process.exit()` right after the last line. Prints a line of JSON at
 * the very end. Arguments: the options of `pino.transport` and the load, as JSON.
 */
import { writeSync } from 'node:fs';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import pino, { type TransportSingleOptions } from 'pino';
import type { PinoFigures, PinoLoad } from './protocol.ts';

const STDOUT = 1;
const MICROS_PER_MILLI = 1_000;

const [transportOptions, load] = process.argv.slice(2).map((text) => JSON.parse(text) as unknown) as [
  TransportSingleOptions,
  PinoLoad,
];
const { lines, linesPerTurn, turnMillis } = load;
const transport = pino.transport(transportOptions);
const isReady = new Promise((resolve) => transport.once('ready', resolve));
// Sends pino's configuration to the transport, which waits for it.
const logger = pino(transport);
await isReady;

const cpuAtStart = process.cpuUsage();
const start = performance.now();
for (let line = 0; line < lines; line += 1) {
  logger.info({ line, method: 'GET', path: '/orders/4711', status: 200, bytes: 5_120, ms: 12.5 }, 'request served');
  if ((line + 1) % linesPerTurn !== 0) continue;
  // A late turn catches up.
  const ahead = start + ((line + 1) / linesPerTurn) * turnMillis - performance.now();
  // oxlint-disable-next-line no-await-in-loop -- one turn after the other
  await (ahead > 1 ? pause(ahead) : turn());
}
const loggedMillis = performance.now() - start;

// pino waits for its thread in a listener of its own, which is registered before this one.
process.once('exit', () => {
  const { user, system } = process.cpuUsage(cpuAtStart);
  const figures: PinoFigures = {
    loggedMillis,
    endMillis: performance.now() - start - loggedMillis,
    cpuMillis: (user + system) / MICROS_PER_MILLI,
  };
  writeSync(STDOUT, `${JSON.stringify(figures)}\n`);
});
process.exit(0);
