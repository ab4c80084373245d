/** A logger whose keys and levels are its own, with two targets: pino has to tell the transport about both. */
import pino from 'pino';

const logger = pino({
  level: 'trace',
  customLevels: { notice: 35 },
  messageKey: 'text',
  errorKey: 'failure',
  mixin: () => ({ trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331', trace_flags: '01' }),
  transport: {
    targets: [
      { target: '@spillway/pino', level: 'info' },
      { target: 'pino/file', level: 'trace', options: { destination: 1 } },
    ],
  },
});
logger.debug('only on stdout');
logger.notice({ cart: { id: 7, items: ['tea', null] } }, 'placed');
logger.error(new RangeError('out of tea'));
