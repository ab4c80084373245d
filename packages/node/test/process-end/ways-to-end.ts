import type { Format } from './ending-program.ts';

/** How many spans, and how many log records, each program makes. It also adds as much to a counter. */
export const MADE = 100;

export interface WayToEnd {
  readonly name: string;
  /** Makes {@link MADE} of each, then ends. */
  readonly program: string;
  /** Runs before Spillway starts. */
  readonly before?: string;
  readonly signals?: readonly NodeJS.Signals[];
  readonly formats?: readonly Format[];
  /**
   * Ends while requests are in flight. A request that the collector received but did not answer in time is sent again.
   */
  readonly mayRepeat?: boolean;
}

/** Ends only when told to. */
const STAY = "setTimeout(() => {}, 10_000); process.stdout.write('ready\\n');";
const BEFORE = `emit(${MADE}); process.stdout.write('ending\\n');`;
const BUILT_IN = (name: string) => `process.getBuiltinModule('node:${name}')`;
/** Like a server that finishes its open requests: the last items come after the signal. */
const GRACEFUL = (end: string) => `
  emit(${MADE - 10});
  const open = setTimeout(() => {}, 10_000);
  process.once('SIGTERM', () => setTimeout(() => { emit(10); ${end} }, 100));
  process.stdout.write('ready\\n');`;

export const WAYS: readonly WayToEnd[] = [
  { name: 'nothing left to do', program: BEFORE },
  { name: 'nothing left to do, with an exit code', program: `process.exitCode = 5; ${BEFORE}` },
  {
    name: 'nothing left to do, work in beforeExit',
    program: `emit(${MADE - 10}); process.once('beforeExit', () => setTimeout(() => emit(10), 100)); process.stdout.write('ending\\n');`,
  },
  {
    name: 'nothing left to do, work in beforeExit, several times',
    program: `let rounds = 0; process.on('beforeExit', async () => { await null; if (rounds++ < 3) setTimeout(() => emit(10), 20); }); emit(${MADE - 30}); process.stdout.write('ending\\n');`,
  },
  { name: 'an await that nothing settles', program: `${BEFORE} await new Promise(() => {});`, formats: ['esm'] },
  { name: 'process.exit()', program: `${BEFORE} process.exit();` },
  { name: 'process.exit(3)', program: `${BEFORE} process.exit(3);` },
  {
    name: 'process.exit() later, requests in flight',
    program: `emit(${MADE}); setTimeout(() => { process.stdout.write('ending\\n'); process.exit(4); }, 1_050);`,
    mayRepeat: true,
  },
  {
    name: 'process.exit(), items in exit',
    program: `process.on('exit', () => emit(10)); emit(${MADE - 10}); setImmediate(() => process.exit(3));`,
  },
  {
    name: 'process.exit() within exit',
    program: `process.on('exit', () => process.exit(7)); ${BEFORE} process.exit(3);`,
  },
  {
    name: 'process.exit() within exit, known before',
    program: `process.on('exit', () => process.exit(7)); emit(${MADE}); setImmediate(() => process.exit(3));`,
  },
  {
    name: 'process.exit() within exit, after the rest',
    program: `process.on('exit', () => process.exit(7)); ${BEFORE}`,
  },
  {
    name: 'process.exit(3), an exception in exit',
    program: `process.on('exit', () => { throw new Error('again'); }); ${BEFORE} process.exit(3);`,
  },
  {
    name: 'process.exit(3), an exception in exit, known before',
    program: `process.on('exit', () => { emit(10); throw new Error('again'); }); emit(${MADE - 10}); setImmediate(() => process.exit(3));`,
  },
  { name: 'an exception', program: `${BEFORE} throw new Error('boom');` },
  { name: 'an exception, later', program: `${BEFORE} setTimeout(() => { throw new TypeError('boom'); }, 50);` },
  { name: 'an exception that is not an error', program: `${BEFORE} setTimeout(() => { throw null; }, 50);` },
  {
    name: 'an exception that is watched',
    program: `process.on('uncaughtExceptionMonitor', () => console.error('seen')); ${BEFORE} throw new Error('boom');`,
  },
  {
    name: 'an exception that is handled',
    program: `process.on('uncaughtException', () => emit(10)); emit(${MADE - 10}); setImmediate(() => { throw new Error('boom'); });`,
  },
  {
    name: 'an exception that is handled by exit',
    program: `process.on('uncaughtException', () => { emit(10); process.exit(9); }); emit(${MADE - 10}); throw new Error('boom');`,
  },
  { name: 'an unhandled rejection', program: `${BEFORE} Promise.reject(new Error('boom'));` },
  {
    name: 'an unhandled rejection that is handled',
    program: `process.on('unhandledRejection', () => emit(10)); emit(${MADE - 10}); Promise.reject(new Error('boom'));`,
  },
  ...(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM', 'SIGXCPU', 'SIGPWR'] as const).map(
    (signal): WayToEnd => ({ name: signal, program: `emit(${MADE}); ${STAY}`, signals: [signal] }),
  ),
  { name: 'SIGTERM by itself', program: `emit(${MADE}); ${STAY} process.kill(process.pid, 'SIGTERM');` },
  { name: 'SIGTERM handled by exit', program: GRACEFUL('process.exit(0);'), signals: ['SIGTERM'], mayRepeat: true },
  { name: 'SIGTERM handled, nothing left to do', program: GRACEFUL('clearTimeout(open);'), signals: ['SIGTERM'] },
  {
    name: 'SIGTERM handled once, since before the start',
    before: "const handled = new Promise((resolve) => process.once('SIGTERM', resolve));",
    program: `emit(${MADE - 10}); ${STAY} handled.then(() => setTimeout(() => { emit(10); process.exit(0); }, 100));`,
    signals: ['SIGTERM'],
    mayRepeat: true,
  },
  {
    name: 'SIGHUP that only reloads, then SIGTERM',
    program: `process.on('SIGHUP', () => emit(10)); emit(${MADE - 10}); ${STAY}`,
    signals: ['SIGHUP', 'SIGTERM'],
  },
  {
    name: 'SIGUSR2 that the application handles, as nodemon advises, and sends to itself again',
    program: `process.once('SIGUSR2', () => setTimeout(() => { emit(10); process.kill(process.pid, 'SIGUSR2'); }, 100)); emit(${MADE - 10}); ${STAY}`,
    signals: ['SIGUSR2'],
  },
  {
    name: 'process.exit() in a worker thread',
    program: `
      const { Worker, isMainThread } = ${BUILT_IN('worker_threads')};
      if (isMainThread) new Worker(process.argv[1]).on('exit', (code) => { console.log('worker', code); });
      else { ${BEFORE} process.exit(3); }`,
  },
  {
    name: 'a worker thread with nothing left to do',
    program: `
      const { Worker, isMainThread } = ${BUILT_IN('worker_threads')};
      if (isMainThread) new Worker(process.argv[1]).on('exit', (code) => { console.log('worker', code); });
      else { ${BEFORE} }`,
  },
  {
    name: 'an exception in a worker thread',
    program: `
      const { Worker, isMainThread } = ${BUILT_IN('worker_threads')};
      if (isMainThread) new Worker(process.argv[1]).on('error', (error) => console.log(error.message)).on('exit', (code) => { console.log('worker', code); });
      else { ${BEFORE} throw new Error('boom'); }`,
  },
  ...(
    [
      ['that its primary kills', 'worker.kill();', ''],
      ['that its primary disconnects', 'worker.disconnect();', ''],
      ['that ends by process.exit()', '', 'process.exit(3);'],
      ['whose primary is gone', 'process.exit(0);', ''],
    ] as const
  ).map(([name, primary, worker]): WayToEnd => ({
    name: `a cluster's worker ${name}`,
    program: `
        const cluster = ${BUILT_IN('cluster')};
        if (cluster.isPrimary) {
          const worker = cluster.fork();
          worker.on('exit', (code, signal) => { console.log('worker', code, signal); });
          worker.on('message', () => { process.stdout.write('ending\\n'); ${primary} });
        } else { emit(${MADE}); process.send('made'); ${worker} }`,
  })),
];
