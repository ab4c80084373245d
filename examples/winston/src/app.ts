/** A job that renders pictures. */
import { logger } from './logger.ts';

const pictures = [
  { name: 'harbour.raw', width: 6_000, height: 4_000 },
  { name: 'empty.raw', width: 0, height: 0 },
  { name: 'meadow.raw', width: 1_200, height: 1_600 },
];

for (const { name, width, height } of pictures) {
  const log = logger.child({ picture: name });
  log.verbose(`opening ${width} x ${height}`);
  try {
    if (width * height === 0) throw new RangeError('there is nothing to see');
    log.info('rendered', { size: { width, height }, layers: ['sky', 'ground'] });
  } catch (error) {
    log.error('not rendered', { error });
  }
}
logger.warn('some pictures were left out');
