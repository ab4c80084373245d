/** Logs four lines through the transport that the variable names, and ends. */
import pino from 'pino';

const { PINO_TRANSPORT = '{}' } = process.env;
const logger = pino({ customLevels: { notice: 35 }, transport: JSON.parse(PINO_TRANSPORT) as { target: string } });
logger.info('placed');
logger.notice('placed twice');
logger.error(new RangeError('out of tea'));
logger.info({ trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'of another system' }, 'traced elsewhere');
