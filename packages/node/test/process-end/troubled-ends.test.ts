import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Collector, mintCertificates, startCollector } from '../../../../test/collector/src/index.ts';
import { startProxy } from '../../../otlp/test/transport/local-proxy.ts';
import { type Ending, endOf, NOWHERE, useEndingPrograms } from './ending-program.ts';

/** Programs start slowly while others run, but they do not exceed a limit by this much. */
const SLACK_MILLIS = 1_000;
const SECRET = 'c2VjcmV0LXRva2Vu';

const ENDING = "process.stdout.write('ending\\n');";
const STAY = "setTimeout(() => {}, 10_000); process.stdout.write('ready\\n');";

const programs = useEndingPrograms();
let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

const unique = () => collector.counts().unique;
/** What the program has printed. */
const printedBy = ({ stdout }: Ending) => stdout.trim().split('\n');

describe('with a collector that never answers', () => {
  beforeEach(() => collector.setFault({ kind: 'hang' }));

  it.each([
    ['nothing left to do', `emit(600); ${ENDING}`, 0, 500],
    ['process.exit(3)', `emit(600); ${ENDING} process.exit(3);`, 3, 1_000],
    [
      'process.exit(3), with requests in flight',
      `emit(600); setTimeout(() => { ${ENDING} process.exit(3); }, 300);`,
      3,
      1_000,
    ],
    ['an exception', `emit(600); ${ENDING} throw new Error('boom');`, 1, 1_000],
    ['an unhandled rejection', `emit(600); ${ENDING} Promise.reject(new Error('boom'));`, 1, 1_000],
  ])('a process that ends by %s does so within the limit', async (_, program, code, limit) => {
    const ending = await programs.run(program, { url: collector.url, options: 'drainTimeoutMillis: 500' });
    expect(ending).toMatchObject({ code, signal: null });
    expect(ending.millis).toBeLessThan(limit + SLACK_MILLIS);
  });

  it("no delay is logged after the end of the drain if an application's exporter never ends", async () => {
    const options =
      'drainTimeoutMillis: 100, processor: { exporter: { export() {}, shutdown: () => new Promise(() => {}) } }';
    const ending = await programs.run(`emit(1); ${ENDING}`, { url: collector.url, options, env: { TEST_DIAG: 'yes' } });
    expect(ending.code).toBe(0);
    expect(ending.stderr).not.toContain('the process ends');
  });

  it('a signal ends a process after its time for a drain', async () => {
    const options = 'drainTimeoutMillis: 500';
    const ending = await programs.run(`emit(600); ${STAY}`, { url: collector.url, options, signals: ['SIGTERM'] });
    expect(ending).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
    expect(ending.millis).toBeGreaterThan(450);
    expect(ending.millis).toBeLessThan(500 + SLACK_MILLIS);
  });

  it.each([
    ['or after 1500 ms', 'drainTimeoutMillis: 1_500'],
    ['with no time limit', 'drainTimeoutMillis: Infinity'],
  ])('a process that waits for a second logs how long it may wait: %s', async (limit, options) => {
    const running = programs.run(`emit(10); ${ENDING}`, { url: collector.url, options, env: { TEST_DIAG: 'yes' } });
    await collector.until((now) => now.counts().inFlight === 2);
    setTimeout(() => void collector.interrupt().then(() => collector.heal()), 1_300);
    const { code, stderr } = await running;
    expect(code).toBe(0);
    expect(stderr.split('\n')).toContain(
      `Spillway: the process ends when the collector has received the remaining items, ${limit} (SPILLWAY_DRAIN_TIMEOUT)`,
    );
  });

  it.each([
    [['SIGTERM', 'SIGTERM'], 'SIGTERM'],
    [['SIGTERM', 'SIGINT'], 'SIGINT'],
  ] as const)(
    'a second signal ends a process as process.exit() would, or immediately if nothing is saved: %s',
    async (signals, signal) => {
      const options = 'drainTimeoutMillis: 8_000';
      const run = (exit: string) =>
        programs.run(`emit(600); ${STAY}`, { url: collector.url, options: `${options}, exit: '${exit}'`, signals });
      const [shipped, lost] = [await run('ship'), await run('none')];
      expect(shipped).toMatchObject({ code: null, signal });
      expect(lost).toMatchObject({ code: null, signal });
      expect(shipped.millis).toBeLessThan(200 + 1_000 + SLACK_MILLIS);
      expect(lost.millis).toBeLessThan(200 + SLACK_MILLIS);
    },
  );

  it('a signal ends a process immediately if a drain may take a millisecond', async () => {
    const run = programs.run(`emit(10); ${STAY}`, {
      url: collector.url,
      options: 'drainTimeoutMillis: 1',
      signals: ['SIGTERM'],
    });
    const { signal, millis } = await run;
    expect(signal).toBe('SIGTERM');
    expect(millis).toBeLessThan(SLACK_MILLIS);
  });

  it('items that a second signal cuts off are shipped to a collector that answers again', async () => {
    const options = 'drainTimeoutMillis: 8_000';
    const run = programs.run(`emit(10); ${STAY}`, { url: collector.url, options, signals: ['SIGINT', 'SIGINT'] });
    await collector.until((now) => now.counts().inFlight === 2);
    collector.setFault(undefined);
    expect(await run).toMatchObject({ code: null, signal: 'SIGINT', stderr: '' });
    expect(unique()).toBe(20);
  });

  it('process.exit() ends a drain that a signal began', async () => {
    const program = `emit(10); ${STAY} setTimeout(() => process.exit(4), 500);`;
    const run = programs.run(program, {
      url: collector.url,
      options: 'drainTimeoutMillis: 8_000',
      signals: ['SIGTERM'],
    });
    await collector.until((now) => now.counts().inFlight === 2);
    collector.setFault(undefined);
    expect(await run).toMatchObject({ code: 4, signal: null });
    expect(unique()).toBe(20);
  });

  it('a spool has the remaining items when the time of a drain is over', async () => {
    const spool = 'spool: spoolThat(({ items, signal, when }) => { console.log(items + signal, when); return true; })';
    const options = `drainTimeoutMillis: 500, ${spool}`;
    const ending = await programs.run(`emit(9); ${STAY}`, { url: collector.url, options, signals: ['SIGTERM'] });
    expect(ending.signal).toBe('SIGTERM');
    expect(printedBy(ending).toSorted()).toEqual(['9logs now', '9traces now', 'ready']);
    expect(ending.millis).toBeLessThan(500 + SLACK_MILLIS);
  });
});

describe('without a collector', () => {
  const WORKER = "const { Worker, isMainThread } = process.getBuiltinModule('node:worker_threads');";
  const url = NOWHERE;

  it.each([
    ['nothing left to do', `emit(10); ${ENDING}`, { code: 0 }, []],
    ['SIGTERM', `emit(10); ${STAY}`, { signal: 'SIGTERM' }, ['SIGTERM']],
    ['SIGINT', `emit(10); ${STAY}`, { signal: 'SIGINT' }, ['SIGINT']],
    [
      'a worker thread',
      `${WORKER} if (isMainThread) new Worker(process.argv[1]).on('exit', () => console.log('ended')); else { emit(10); ${ENDING} }`,
      { code: 0 },
      [],
    ],
    ['process.exit()', `emit(10); ${ENDING} process.exit(3);`, { code: 3 }, []],
    [
      'a shutdown in a listener of the application',
      `process.once('SIGTERM', () => Promise.all(processors.map((each) => each.shutdown())).then(() => process.exit(4))); emit(10); ${STAY}`,
      { code: 4 },
      ['SIGTERM'],
    ],
  ] as const)('a process that ends by %s does so in a fraction of a second', async (_, program, end, signals) => {
    const ending = await programs.run(program, { url, options: 'drainTimeoutMillis: 10_000', signals });
    expect(ending).toMatchObject(end);
    expect(ending.millis).toBeLessThan(500 + SLACK_MILLIS);
  });

  it('a process waits for a collector that has answered before, and delivers everything when it comes back', async () => {
    const program = `
      emit(10);
      await Promise.all(processors.map((each) => each.forceFlush()));
      console.log('flushed');
      while (await fetch(process.env.TEST_URL).then(() => true, () => false)) await new Promise((resolve) => setTimeout(resolve, 20));
      emit(10); ${STAY}`;
    const child = await programs.start(program, { url: collector.url, options: 'drainTimeoutMillis: 10_000' });
    child.stdout?.on('data', (text: Buffer) => {
      if (String(text).includes('flushed')) void collector.interrupt();
      if (String(text).includes('ready')) setTimeout(() => void collector.resume(), 1_000);
    });
    const ending = await endOf(child, ['SIGTERM']);
    expect(ending).toMatchObject({ signal: 'SIGTERM', stderr: '' });
    expect(ending.millis).toBeGreaterThan(950);
    expect(unique()).toBe(40);
  });

  it('a spool has the remaining items', async () => {
    const spool = 'spool: spoolThat(({ items, signal, when }) => { console.log(items + signal, when); return true; })';
    const options = `drainTimeoutMillis: 10_000, ${spool}`;
    const ending = await programs.run(`emit(9); ${STAY}`, { url, options, signals: ['SIGTERM'] });
    expect(ending.signal).toBe('SIGTERM');
    expect(printedBy(ending).toSorted()).toEqual(['9logs now', '9traces now', 'ready']);
    expect(ending.millis).toBeLessThan(500 + SLACK_MILLIS);
  });
});

describe('process.exit()', () => {
  it('ships items in flight to a collector that did not answer the process but answers the child', async () => {
    collector.queueFaults({ kind: 'hang' }, { kind: 'hang' });
    const program = `emit(600); setTimeout(() => { ${ENDING} process.exit(3); }, 300);`;
    expect(await programs.run(program, { url: collector.url })).toMatchObject({ code: 3, stderr: '' });
    expect(collector.counts()).toMatchObject({ unique: 1_200, duplicates: 0 });
  });

  it.each([
    ['fails at first', { kind: 'status', code: 503 }],
    ['throttles at first', { kind: 'status', code: 429, retryAfter: '0' }],
    ['breaks connections at first', { kind: 'reset' }],
  ] as const)('ships to a collector that %s', async (_, fault) => {
    collector.queueFaults(fault, fault, fault);
    expect(await programs.run('emit(10); process.exit(3);', { url: collector.url })).toMatchObject({
      code: 3,
      stderr: '',
    });
    expect(collector.counts()).toMatchObject({ unique: 20, duplicates: 0 });
  });

  it('ships items that a slow collector has not acknowledged yet', async () => {
    collector.setFault({ kind: 'latency', millis: 300 });
    const program = `emit(600); setTimeout(() => { ${ENDING} process.exit(3); }, 100);`;
    expect(await programs.run(program, { url: collector.url })).toMatchObject({ code: 3, stderr: '' });
    expect(unique()).toBe(1_200);
  });

  it.each([
    ['rejects the requests', { kind: 'status', code: 400 }],
    ['asks to wait for a long time', { kind: 'status', code: 429, retryAfter: '60' }],
  ] as const)('does not wait for a collector that %s', async (_, fault) => {
    collector.setFault(fault);
    const ending = await programs.run(`emit(10); ${ENDING} process.exit(3);`, { url: collector.url });
    expect(ending).toMatchObject({ code: 3, stderr: '' });
    expect(collector.counts().requests).toBe(2);
    expect(ending.millis).toBeLessThan(SLACK_MILLIS);
  });

  it('does not wait for a collector that is not there', async () => {
    const ending = await programs.run(`emit(10); ${ENDING} process.exit(3);`, { url: NOWHERE });
    expect(ending).toMatchObject({ code: 3, signal: null, stderr: '' });
    expect(ending.millis).toBeLessThan(SLACK_MILLIS);
  });

  it('ships nothing, and takes no time, if nothing is left', async () => {
    const program = `emit(10); await Promise.all(processors.map((each) => each.forceFlush())); ${ENDING} process.exit(3);`;
    await programs.run(program, { url: collector.url });
    expect(collector.counts()).toMatchObject({ requests: 2, unique: 20 });
  });

  it('drops the remaining items with `none`, and does not send them', async () => {
    const ending = await programs.run('emit(10); process.exit(3);', { url: collector.url, options: "exit: 'none'" });
    expect(ending).toMatchObject({ code: 3, stderr: '' });
    expect(collector.counts().requests).toBe(0);
  });

  it('logs nothing if everything is delivered, whatever diag is set to', async () => {
    const env = { TEST_DIAG: 'yes' };
    const program = "emit(1_000); process.stderr.write('ending\\n'); process.exit(3);";
    const { stderr } = await programs.run(program, {
      url: collector.url,
      env,
      // Full, but nothing is sampled out or evicted.
      options: "processor: { maxQueueSize: 1_000, strategy: 'drop_newest' }",
    });
    expect(stderr).toContain('blocked');
    expect(stderr.slice(stderr.indexOf('ending'))).toBe('ending\n');
  });

  it.each([
    ['the main thread', 'emit(10); process.exit(3);'],
    [
      'a worker thread',
      `const { Worker, isMainThread } = process.getBuiltinModule('node:worker_threads');
       if (isMainThread) new Worker(process.argv[1]).on('exit', (code) => process.exit(code)); else { emit(10); process.exit(3); }`,
    ],
  ])('logs in one line what the collector rejects, in %s', async (_, program) => {
    collector.setFault({ kind: 'status', code: 400, body: 'no', headers: { 'content-type': 'text/plain' } });
    const { code, stderr } = await programs.run(program, { url: collector.url, env: { TEST_DIAG: 'yes' } });
    expect(code).toBe(3);
    expect(stderr.split('\n').filter((line) => line.includes('lost'))).toEqual([
      `Spillway: lost 20 items as the process ended: 20 rejected (${new URL(collector.url).host} answered 400: no)`,
    ]);
  });

  it('logs how many items a collector that hangs may have received', async () => {
    collector.setFault({ kind: 'hang' });
    const { stderr } = await programs.run('emit(10); process.exit(3);', {
      url: collector.url,
      env: { TEST_DIAG: 'yes' },
    });
    expect(stderr).toMatch(
      /^Spillway: lost 20 items as the process ended: 20 drain_timeout \(.* did not answer within \d+ ms; they may have arrived\)$/m,
    );
  });

  it.each([
    ['stores everything', 'return true;', 0],
    ['has room for some', 'return (count += 1) < 2;', 10],
    ['throws', "throw new Error('disk');", 20],
    ['does not return whether it stored the request', '', 20],
  ])('writes to a spool that %s, and ships the rest', async (_, write, shipped) => {
    const options = `spool: spoolThat(() => { console.log('written'); ${write} })`;
    const ending = await programs.run('emit(10); process.exit(3);', {
      url: collector.url,
      options,
      before: 'let count = 0;',
    });
    expect(ending).toMatchObject({ code: 3, stdout: 'written\nwritten\n', stderr: '' });
    expect(unique()).toBe(shipped);
  });

  it('writes to a spool if no child may be started, and logs how many items the spool did not store', async () => {
    const options = "spool: spoolThat(({ signal }) => { console.log(signal); return signal === 'traces'; })";
    const env = { NODE_OPTIONS: '--permission --allow-fs-read=*', TEST_DIAG: 'yes' };
    const { code, stdout, stderr } = await programs.run('emit(10); process.exit(3);', {
      url: collector.url,
      options,
      env,
    });
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'traces\nlogs\n' });
    expect(stderr).toContain(
      'Spillway: stored 10 items in the spool, lost 10 as the process ended: 10 drain_timeout (the spool did not store them)',
    );
    expect(unique()).toBe(0);
  });

  it('takes a request of each signal in turn, so that no signal is lost as a whole if time runs out', async () => {
    const spool = 'spool: spoolThat(({ signal }) => { console.log(signal); return true; })';
    const { stdout } = await programs.run('emit(4_500); process.exit(3);', {
      url: collector.url,
      options: spool,
    });
    expect(stdout.trim().split('\n').join()).toBe('traces,logs,traces,logs,traces,logs');
  });

  it('ships if there is no spool, and logs that at the start', async () => {
    const options = "exit: 'spool'";
    const { code, stderr } = await programs.run('emit(10); process.exit(3);', {
      url: collector.url,
      options,
      env: { TEST_DIAG: 'yes' },
    });
    expect(code).toBe(3);
    expect(stderr).toContain('there is no spool');
    expect(unique()).toBe(20);
  });

  it('ships a hundred thousand spans and as many log records, or as many as time allows', async () => {
    const ending = await programs.run(`emit(100_000); ${ENDING} process.exit(3);`, { url: collector.url });
    expect(ending.code).toBe(3);
    expect(ending.millis).toBeLessThan(1_000 + SLACK_MILLIS);
    expect(unique()).toBeGreaterThan(0);
    if (process.env['PRINT_TABLE'] !== undefined)
      console.log(`200 000 items: ${unique()} delivered, ${ending.millis} ms`);
  });
});

describe('the child that ships', () => {
  it("has no headers on its command line or in its environment, none of the application's variables except those of trust, and no other flags", async () => {
    collector.setFault({ kind: 'hang' });
    const options = `exporter: { headers: { authorization: 'Bearer ${SECRET}' } }`;
    const env = {
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET}`,
      DATABASE_PASSWORD: SECRET,
      SSL_CERT_DIR: '/certificates',
      NODE_OPTIONS: '--dns-result-order=ipv4first --max-http-header-size=20000',
    };
    const child = await programs.start(`emit(10); process.exit(3);`, { url: collector.url, options, env });
    const ended = endOf(child);
    await collector.until((now) => now.counts().inFlight === 2);
    const [shipping = ''] = await childrenOf(child.pid);
    const commandLine = await readFile(`/proc/${shipping}/cmdline`, 'utf8');
    const environment = await readFile(`/proc/${shipping}/environ`, 'utf8');
    expect(commandLine).toContain('--eval');
    expect(commandLine).toContain('--dns-result-order=ipv4first');
    expect(commandLine).not.toContain('--max-http-header-size');
    expect(commandLine + environment).not.toContain(SECRET);
    expect(
      environment
        .split('\0')
        .filter(Boolean)
        .map((line) => line.split('=')[0]),
    ).toEqual(['PATH', 'SSL_CERT_DIR', 'OTEL_SDK_DISABLED']);
    await ended;
  });

  it('sends the headers', async () => {
    const options = `exporter: { headers: async () => ({ authorization: 'Bearer ${SECRET}' }) }`;
    const program = 'emit(1); await Promise.all(processors.map((each) => each.forceFlush())); emit(1); process.exit();';
    await programs.run(program, { url: collector.url, options });
    expect(collector.requests.map(({ headers }) => headers['authorization'])).toEqual(
      Array(4).fill(`Bearer ${SECRET}`),
    );
  });

  it("runs none of the application's code: no NODE_OPTIONS, no flags", async () => {
    const directory = await mkdtemp(join(tmpdir(), 'spillway-preload-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const marker = join(directory, 'preload.cjs');
    await writeFile(
      marker,
      "process.stdout.write('loaded '); require('node:fs').appendFileSync(__filename + '.log', 'x');",
    );
    const env = { NODE_OPTIONS: `--require ${marker}` };
    const ending = await programs.run('emit(10); process.exit(3);', { url: collector.url, env });
    expect(ending).toMatchObject({ code: 3, stdout: 'loaded ' });
    expect(await readFile(`${marker}.log`, 'utf8')).toBe('x');
    expect(unique()).toBe(20);
  });

  it('speaks TLS with the authority and the client certificate of the exporter', async () => {
    const { ca, server, client } = mintCertificates();
    await using secure = await startCollector({ tls: { ...server, clientCa: ca } });
    const tls = `tls: { ca: new TextEncoder().encode(${JSON.stringify(ca)}), cert: ${JSON.stringify(client.cert)}, key: ${JSON.stringify(client.key)} }`;
    const ending = await programs.run('emit(10); process.exit(3);', {
      url: secure.url,
      options: `exporter: { ${tls} }`,
    });
    expect(ending).toMatchObject({ code: 3, stderr: '' });
    expect(secure.counts().unique).toBe(20);
  });

  it('trusts an authority that a variable names by a relative path', async () => {
    const { ca, server } = mintCertificates();
    await using secure = await startCollector({ tls: server });
    const directory = await mkdtemp(join(tmpdir(), 'spillway-authority-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeFile(join(directory, 'ca.pem'), ca);
    // Programs run two folders below the temporary folder.
    const env = { NODE_EXTRA_CA_CERTS: join('..', '..', basename(directory), 'ca.pem') };
    expect(await programs.run('emit(10); process.exit(3);', { url: secure.url, env })).toMatchObject({
      code: 3,
      stderr: '',
    });
    expect(secure.counts().unique).toBe(20);
  });

  it('does not trust a server that the exporter would not trust', async () => {
    await using secure = await startCollector({ tls: mintCertificates().server });
    expect(await programs.run('emit(10); process.exit(3);', { url: secure.url })).toMatchObject({
      code: 3,
      stderr: '',
    });
    expect(secure.counts().requests).toBe(0);
  });

  it('goes through the proxy of the environment', async () => {
    const proxy = await startProxy(Number(new URL(collector.url).port));
    const env = { HTTP_PROXY: `http://user:pass@localhost:${proxy.port}` };
    await programs.run('emit(10); process.exit(3);', { url: 'http://collector.test:4318', env });
    expect(unique()).toBe(20);
    expect(proxy.seen[0]).toEqual({
      line: 'POST http://collector.test:4318/v1/traces',
      authorization: 'Basic dXNlcjpwYXNz',
      host: 'collector.test:4318',
    });
  });

  it('goes through a tunnel of the proxy with TLS', async () => {
    const { ca, server } = mintCertificates();
    await using secure = await startCollector({ tls: server });
    const proxy = await startProxy(Number(new URL(secure.url).port));
    const env = { HTTPS_PROXY: `http://localhost:${proxy.port}` };
    const options = `exporter: { tls: { ca: ${JSON.stringify(ca)}, servername: 'localhost' } }`;
    await programs.run('emit(10); process.exit(3);', { url: 'https://collector.test', env, options });
    expect(secure.counts().unique).toBe(20);
    expect(proxy.seen.map(({ line }) => line)).toEqual(['CONNECT collector.test:443', 'CONNECT collector.test:443']);
  });

  it('has the flags and the variables that it needs to start and to trust the same collectors', async () => {
    collector.setFault({ kind: 'hang' });
    const flags = ['--use-openssl-ca', '--dns-result-order=ipv4first', '--tls-min-v1.2', '--tls-max-v1.3'];
    const variables = {
      LD_LIBRARY_PATH: '/libraries',
      DYLD_LIBRARY_PATH: '/libraries',
      SystemRoot: '/system',
      TEMP: '/temporary',
      NODE_TLS_REJECT_UNAUTHORIZED: '1',
      NODE_USE_SYSTEM_CA: '0',
      NODE_EXTRA_CA_CERTS: '/dev/null',
      SSL_CERT_FILE: '/certificates.pem',
      SSL_CERT_DIR: '/certificates',
      OPENSSL_CONF: '/dev/null',
    };
    const env = { ...variables, NODE_OPTIONS: flags.slice(0, 2).join(' ') };
    const child = await programs.start('emit(10); process.exit(3);', {
      url: collector.url,
      env,
      flags: flags.slice(2),
    });
    const ended = endOf(child);
    await collector.until((now) => now.counts().inFlight === 2);
    const [shipping = ''] = await childrenOf(child.pid);
    const linesOf = async (file: string) => (await readFile(`/proc/${shipping}/${file}`, 'utf8')).split('\0');
    expect(await linesOf('cmdline')).toEqual(expect.arrayContaining(flags));
    expect(await linesOf('environ')).toEqual(
      expect.arrayContaining(Object.entries(variables).map(([name, value]) => `${name}=${value}`)),
    );
    await ended;
  });
});

describe('the watch', () => {
  it('leaves nothing behind when it is stopped', async () => {
    const counts =
      "['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGBREAK', 'beforeExit', 'exit', 'newListener'].map((name) => process.listenerCount(name)).join()";
    const program = `const during = ${counts}; watch?.stop(); console.log(${counts}, during);`;
    const [watched, not] = [
      await programs.run(program, { url: collector.url }),
      await programs.run(program, { url: collector.url, isWatched: false }),
    ];
    const before = not.stdout.split(' ')[0];
    expect(watched.stdout.split(' ')[0]).toBe(before);
    expect(watched.stdout.split(' ')[1]).not.toBe(`${before}\n`);
  });

  it.each([
    ['by default', '', 10],
    ['with another limit for the process', 'process.setMaxListeners(5);', 3],
    [
      'with another limit for everything',
      "process.getBuiltinModule('node:events').EventEmitter.defaultMaxListeners = 20;",
      20,
    ],
  ])("leaves room for as many of the application's listeners as there is without it, %s", async (_, change, count) => {
    const program = `
      ${change}
      for (const event of ['exit', 'beforeExit', 'SIGTERM']) for (let index = 0; index < ${count}; index += 1) process.on(event, () => {});
      setTimeout(() => process.exit(3), 50);`;
    expect(await programs.run(program, { url: collector.url })).toMatchObject({ code: 3, stderr: '' });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM', 'SIGXCPU', 'SIGPWR'] as const)(
    'and signal-exit do not wait for each other at %s',
    async (signal) => {
      const signalExit = createRequire(import.meta.url).resolve('signal-exit');
      const program = `
      const { onExit } = require(${JSON.stringify(signalExit)});
      onExit((code, by) => { process.stderr.write('cleaned up ' + code + by); });
      emit(10); ${STAY}`;
      const url = collector.url;
      const [watched, not] = [
        await programs.run(program, { url, format: 'cjs', signals: [signal] }),
        await programs.run(program, { url, format: 'cjs', signals: [signal], isWatched: false }),
      ];
      expect({ ...watched, millis: 0 }).toEqual({ ...not, millis: 0 });
      expect(watched).toMatchObject({ signal, stderr: `cleaned up null${signal}` });
      expect(unique()).toBe(20);
    },
  );

  it('leaves a signal to Node if Node was told to use it, and drains at the next one', async () => {
    const env = { NODE_OPTIONS: '--report-on-signal --report-compact' };
    const ending = await programs.run(`emit(10); ${STAY}`, {
      url: collector.url,
      env,
      signals: ['SIGUSR2', 'SIGTERM'],
    });
    expect(ending).toMatchObject({
      signal: 'SIGTERM',
      stderr: expect.stringContaining('Node.js report completed') as string,
    });
    expect(unique()).toBe(20);
  });

  it('leaves SIGUSR1 to the inspector, and SIGABRT and SIGPROF to debugging tools', async () => {
    const program = "console.log(['SIGUSR1', 'SIGABRT', 'SIGPROF'].map((name) => process.listenerCount(name)).join());";
    expect(await programs.run(program, { url: collector.url })).toMatchObject({ code: 0, stdout: '0,0,0\n' });
  });

  it('ends the first process of a container, to which the kernel does not deliver signals without a handler', async ({
    skip,
  }) => {
    const unshare = spawnSync('unshare', ['--pid', '--fork', 'true']);
    skip(unshare.status !== 0, 'needs the right to create a process namespace');
    const program = `emit(10); ${STAY} setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50);`;
    const ending = await programs.run(program, { url: collector.url, within: ['unshare', '--pid', '--fork'] });
    expect(ending).toMatchObject({ code: 143, signal: null, stderr: '' });
    expect(unique()).toBe(20);
  });

  it('can do nothing against kill -9', async () => {
    const ending = await programs.run(`emit(10); ${STAY}`, { url: collector.url, signals: ['SIGKILL'] });
    expect(ending).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(unique()).toBe(0);
  });

  it('cannot save items that listeners of exit make after a drain has ended the pipelines', async () => {
    const program = "emit(10); process.on('exit', () => emit(1));";
    expect(await programs.run(program, { url: collector.url })).toMatchObject({ code: 0, stderr: '' });
    expect(unique()).toBe(20);
  });

  it('leaves no listener of exit behind when it is stopped just after the application has added one', async () => {
    const program =
      "process.on('exit', () => {}); watch?.stop(); setTimeout(() => console.log(process.listenerCount('exit')), 20);";
    expect(await programs.run(program, { url: collector.url })).toMatchObject({ code: 0, stdout: '1\n' });
  });
});

describe('with a collector that takes longer to answer than process.exit() waits', () => {
  it('a process with a listener of beforeExit drains when the listener begins nothing more', async () => {
    collector.setFault({ kind: 'latency', millis: 1_200 });
    const program =
      "let rounds = 0; process.on('beforeExit', () => { if (rounds++ < 2) setTimeout(() => emit(5), 20); }); emit(10);";
    const ending = await programs.run(program, { url: collector.url, options: 'drainTimeoutMillis: 8_000' });
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(collector.counts()).toMatchObject({ unique: 40, duplicates: 0 });
  });
});

async function childrenOf(pid: number | undefined): Promise<string[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const children = await Promise.all(
    all.map(async (name) => {
      const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
      return /^PPid:\t(\d+)$/m.exec(status)?.[1] === String(pid) ? [name] : [];
    }),
  );
  return children.flat();
}
