/** A job that ships parcels and logs with pino. It knows nothing about OpenTelemetry. */
import pino from 'pino';

interface Parcel {
  readonly id: number;
  readonly grams: number;
  readonly receiver: { readonly city: string; readonly email: string };
}

const MAX_GRAMS = 20_000;

const logger = pino({ level: 'debug', redact: ['receiver.email'] });

const parcels: readonly Parcel[] = [
  { id: 101, grams: 1_250, receiver: { city: 'Porto', email: 'ana@example.com' } },
  { id: 102, grams: 31_000, receiver: { city: 'Graz', email: 'max@example.com' } },
  { id: 103, grams: 480, receiver: { city: 'Oslo', email: 'kari@example.com' } },
];

for (const { id, grams, receiver } of parcels) {
  const log = logger.child({ parcel: id });
  log.debug('weighing %d g', grams);
  try {
    if (grams > MAX_GRAMS) throw new RangeError(`${grams} g is too heavy`);
    log.info({ receiver, grams }, 'shipped');
  } catch (error) {
    log.error(error, 'not shipped');
  }
}
logger.info('done');
