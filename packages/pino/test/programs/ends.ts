/** Logs a thousand lines, and ends at once, in the way that its argument says. */
import pino from 'pino';

const { PINO_OPTIONS = '{}', PINO_END = 'nothing left' } = process.env;
const logger = pino({ transport: { target: '@spillway/pino', options: JSON.parse(PINO_OPTIONS) as object } });
for (let line = 0; line < 1_000; line += 1) logger.info({ line }, 'working');
if (PINO_END === 'process.exit') process.exit(3);
if (PINO_END === 'uncaught exception') throw new Error('a crash');
