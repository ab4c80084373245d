// A process of the soak with a spool: it logs without end, until it is killed or told to end. Its parent forks it.
import { logs, metrics } from '@opentelemetry/api';
import { start } from '@spillway/node';

/** What the parent wants to know, again and again. */
export interface LifeSign {
  /** Log records, and the value of the counter. */
  readonly made: number;
  /** Log records in memory. */
  readonly held: number;
  /** Log records that were given up, by whatever reason. */
  readonly dropped: number;
  /** Items of all signals in the spool, and the bytes of its files. */
  readonly stored: number;
}

const STEP_MILLIS = 10;
const SIGN_MILLIS = 50;
const UID_DIGITS = 8;

const [prefix = '', each = '0'] = process.argv.slice(2);
const handle = start({
  application: import.meta.filename,
  traces: false,
  instrumentations: [],
  logs: { maxQueueSize: 2_000, strategy: 'drop_oldest', exportTimeoutMillis: 2_000, scheduledDelayMillis: 100 },
  metrics: { exportIntervalMillis: 500, exportTimeoutMillis: 500 },
  logLevel: 'none',
});
const logger = logs.getLogger('soak');
const orders = metrics.getMeter('soak').createCounter(`orders.${prefix}`);

let made = 0;
setInterval(() => {
  // The SDK ignores what comes after its shutdown.
  if (handle.status().state !== 'running') return;
  for (let count = 0; count < Number(each); count += 1) {
    made += 1;
    const uid = prefix + made.toString(16).padStart(UID_DIGITS, '0');
    logger.emit({ body: 'order placed', attributes: { 'log.record.uid': uid } });
    orders.add(1);
  }
}, STEP_MILLIS);

setInterval(() => {
  const { signals, spool } = handle.status();
  const {
    bufferSize = 0,
    inFlight = 0,
    replaying = 0,
    eventsDropped = 0,
  } = {
    ...(signals.logs?.exporters[0]?.metrics as Readonly<Record<string, number>> | undefined),
  };
  const sign: LifeSign = {
    made,
    held: bufferSize + inFlight - replaying,
    dropped: eventsDropped,
    stored: spool?.items ?? 0,
  };
  process.send?.(sign);
}, SIGN_MILLIS);

process.on('message', () => process.exit());
