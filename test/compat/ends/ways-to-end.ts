/** How many spans, and how many log records, each program makes. It also adds as much to a counter. */
export const MADE_OF_EACH = 100;

/** The time limit of a drain in every program: the value of `SPILLWAY_DRAIN_TIMEOUT`. */
export const DRAIN_MILLIS = 500;

/** The time limit of a drain and the steps after it. */
const DRAIN_LIMIT_MILLIS = DRAIN_MILLIS + 100;

/** The time limit of `process.exit()` and crashes. */
const SHIP_MILLIS = 1_000;

/** The time between two signals. */
const SIGNAL_GAP_MILLIS = 200;

/** How long applications with their own listener still work after the signal. */
const LAST_WORK_MILLIS = 100;

/** One way for a process to end. */
export interface WayToEnd {
  readonly name: string;
  /**
   * Makes {@link MADE_OF_EACH} of each with `emit(count)`, and ends. Prints `ending` before it ends, or `ready` when it
   * is ready for its signals.
   */
  readonly program: string;
  readonly signals?: readonly NodeJS.Signals[];
  /** How long the collector takes for an answer, if the drain has to last. */
  readonly answerMillis?: number;
  /** The value of `SPILLWAY_DRAIN_TIMEOUT`. Default: {@link DRAIN_MILLIS}. */
  readonly drainMillis?: number;
  /** The longest time that the end may take with a collector that never answers. */
  readonly limitMillis: number;
  /** More variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** If it lasts longer than others. */
  readonly patienceMillis?: number;
  /** Items cannot be saved in this case. */
  readonly losesEverything?: boolean;
}

const EMIT = `emit(${MADE_OF_EACH});`;
const ENDING = "process.stdout.write('ending\\n');";
/** Ends only when told to. */
const STAY = "setTimeout(() => {}, 10_000); process.stdout.write('ready\\n');";
const WORKER = `const { Worker, isMainThread } = process.getBuiltinModule('node:worker_threads');
if (isMainThread) new Worker(process.argv[1]).on('error', () => {}).on('exit', (code) => console.log('worker', code));`;

/** Exports begin soon. */
export const EAGER: Readonly<Record<string, string>> = {
  OTEL_BSP_SCHEDULE_DELAY: '100',
  OTEL_BLRP_SCHEDULE_DELAY: '100',
  OTEL_METRIC_EXPORT_INTERVAL: '100',
};

export const KILLED: WayToEnd = {
  name: 'kill -9',
  program: `${EMIT} ${STAY}`,
  signals: ['SIGKILL'],
  limitMillis: 0,
  losesEverything: true,
};

export const WAYS_TO_END: readonly WayToEnd[] = [
  { name: 'nothing left to do (`beforeExit`)', program: `${EMIT} ${ENDING}`, limitMillis: DRAIN_LIMIT_MILLIS },
  { name: '`process.exit(0)`', program: `${EMIT} ${ENDING} process.exit(0);`, limitMillis: SHIP_MILLIS },
  {
    name: '`process.exit(3)` from a timer',
    program: `${EMIT} setTimeout(() => { ${ENDING} process.exit(3); }, 50);`,
    limitMillis: SHIP_MILLIS,
  },
  ...(['SIGTERM', 'SIGINT', 'SIGHUP'] as const).map((signal): WayToEnd => ({
    name: signal,
    program: `${EMIT} ${STAY}`,
    signals: [signal],
    limitMillis: DRAIN_LIMIT_MILLIS,
  })),
  {
    name: 'SIGTERM, and the application ends itself',
    program: `emit(${MADE_OF_EACH - 10}); process.on('SIGTERM', () => setTimeout(() => { emit(10); process.exit(0); }, ${LAST_WORK_MILLIS})); ${STAY}`,
    signals: ['SIGTERM'],
    limitMillis: LAST_WORK_MILLIS + SHIP_MILLIS,
  },
  {
    name: 'SIGTERM twice, the second within the drain',
    program: `${EMIT} ${STAY}`,
    signals: ['SIGTERM', 'SIGTERM'],
    answerMillis: 300,
    limitMillis: SIGNAL_GAP_MILLIS + SHIP_MILLIS,
  },
  { name: 'an uncaught exception', program: `${EMIT} ${ENDING} throw new Error('boom');`, limitMillis: SHIP_MILLIS },
  {
    name: 'an unhandled rejection',
    program: `${EMIT} ${ENDING} void Promise.reject(new Error('boom'));`,
    limitMillis: SHIP_MILLIS,
  },
  {
    name: 'a worker thread: nothing left to do',
    program: `${WORKER} else { ${EMIT} ${ENDING} }`,
    limitMillis: DRAIN_LIMIT_MILLIS,
  },
  {
    name: 'a worker thread: `process.exit(3)`',
    program: `${WORKER} else { ${EMIT} ${ENDING} process.exit(3); }`,
    limitMillis: SHIP_MILLIS,
  },
  {
    name: 'a worker thread: an uncaught exception',
    program: `${WORKER} else { ${EMIT} ${ENDING} throw new Error('boom'); }`,
    limitMillis: SHIP_MILLIS,
  },
  {
    name: 'a worker of a cluster that its primary kills',
    program: `
      const cluster = process.getBuiltinModule('node:cluster');
      if (cluster.isPrimary) {
        const worker = cluster.fork();
        worker.on('exit', (code, signal) => console.log('worker', code, signal));
        worker.on('message', () => { ${ENDING} worker.kill(); });
      } else { ${EMIT} process.send('made'); }`,
    limitMillis: DRAIN_LIMIT_MILLIS,
  },
  KILLED,
];

/** Makes nothing, and ends when told to. */
export const IDLE: WayToEnd = { name: 'idle', program: 'setTimeout(() => {}, 60_000);', limitMillis: 0 };

/** An application that ends by `process.exit()` with that many items to send. */
export interface MuchHeld {
  /** Half of them spans and half log records. The counter has one data point, whatever its value is. */
  readonly made: number;
  readonly way: WayToEnd;
}

export const MUCH_HELD: readonly MuchHeld[] = [2_000, 20_000, 100_000, 200_000].map((made) => ({
  made,
  way: { name: `${made} held`, program: `emit(${made / 2}); ${ENDING} process.exit(0);`, limitMillis: SHIP_MILLIS },
}));

/** The time limit of a drain without a collector: much longer than the wait if there was never a collector. */
const LONG_DRAIN_MILLIS = 3_000;

/** A program prints this once it has made the items that the collector should receive before it leaves. */
export const MADE_FIRST = 'made first';

/** One way for a process to end while nothing listens: nothing ever did, or a collector did before. */
export interface EndWithoutCollector {
  readonly name: string;
  readonly never: WayToEnd;
  readonly before: WayToEnd;
}

/** Makes one item of each signal, and waits until nothing listens any more. */
const MEET_AND_MISS = `
  emit(1);
  process.stdout.write('${MADE_FIRST}\\n');
  while (await fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT).then(() => true, () => false)) await new Promise((resolve) => setTimeout(resolve, 20));`;
/** Long enough that a spool does not wait for the end of the outage any more. */
const LONG_OUTAGE_MILLIS = 20_000;

/** With a spool, only a few items are still in memory, with which the process asks whether the collector is back. */
export const KILLED_IN_OUTAGE: WayToEnd = {
  name: `kill -9, ${LONG_OUTAGE_MILLIS / 1_000} s into an outage`,
  program: `const main = async () => { ${MEET_AND_MISS} ${EMIT} setTimeout(() => process.stdout.write('ready\\n'), ${LONG_OUTAGE_MILLIS}); setTimeout(() => {}, 60_000); }; main();`,
  signals: ['SIGKILL'],
  env: { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' },
  patienceMillis: 2 * LONG_OUTAGE_MILLIS,
  limitMillis: 0,
};

const inWorker = (program: string): string => `${WORKER} else { ${program} }`;

/** The programs are ECMAScript modules. */
export const WITHOUT_COLLECTOR: readonly EndWithoutCollector[] = [
  { name: 'nothing left to do (`beforeExit`)', end: ENDING },
  { name: '`process.exit(0)`', end: `${ENDING} process.exit(0);` },
  ...(['SIGTERM', 'SIGINT'] as const).map((signal) => ({ name: signal, end: STAY, signals: [signal] })),
  { name: 'a worker thread: nothing left to do', end: ENDING, within: inWorker },
  { name: 'a worker thread: `process.exit(3)`', end: `${ENDING} process.exit(3);`, within: inWorker },
].map(
  ({
    name,
    end,
    signals = [],
    within = (program: string): string => program,
  }: WithoutCollector): EndWithoutCollector => {
    const way = { signals, limitMillis: LONG_DRAIN_MILLIS + 100, drainMillis: LONG_DRAIN_MILLIS };
    return {
      name,
      never: { ...way, name: `${name}, never answered`, program: within(`${EMIT} ${end}`) },
      before: { ...way, name: `${name}, answered before`, program: within(`${MEET_AND_MISS} ${EMIT} ${end}`) },
    };
  },
);

interface WithoutCollector {
  readonly name: string;
  readonly end: string;
  readonly signals?: readonly NodeJS.Signals[];
  readonly within?: (program: string) => string;
}
