/** Logs with winston, and has nothing left to do. */
import { SpillwayTransport } from '@spillway/winston';
import { createLogger } from 'winston';

const logger = createLogger({ transports: [new SpillwayTransport()] });
for (let line = 0; line < 1_000; line += 1) logger.info('working', { line });
