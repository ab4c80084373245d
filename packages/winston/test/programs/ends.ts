/** Logs with winston, and has nothing left to do. Then, another part of the program ends its work. */
import { setTimeout as pause } from 'node:timers/promises';
import { SpillwayTransport } from '@spillway/winston';
import { createLogger } from 'winston';

const logger = createLogger({ transports: [new SpillwayTransport()] });
for (let line = 0; line < 1_000; line += 1) logger.info('working', { line });
process.once('beforeExit', () => {
  logger.info('ending');
  void pause(50).then(() => logger.info('ended'));
});
