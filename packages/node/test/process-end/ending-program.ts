import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll } from 'vitest';
import { bundle } from '../bundle.ts';
import { type TemporaryFolder, useTemporaryFolder } from '../temporary-folder.ts';

/**
 * Where no collector is. A port that was given to a collector and is free again might be given to that of another test, so
 * this is one that is given to nobody.
 */
export const NOWHERE = 'http://127.0.0.1:1';

export type Format = 'esm' | 'cjs';

/** The end of a process, as its parent sees it. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the signal to the end. Without a signal, from the program's line `ending`. */
  readonly millis: number;
}

export interface RunOptions {
  readonly url: string;
  readonly format?: Format;
  /** Without Spillway, the same program runs but makes no items. */
  readonly isWatched?: boolean;
  /** Options of `watchProcessEnd` and of the processors, as code. */
  readonly options?: string;
  /** Sent once the program says `ready`. */
  readonly signals?: readonly NodeJS.Signals[];
  readonly env?: Readonly<Record<string, string>>;
  /** Runs before Spillway starts. */
  readonly before?: string;
  /** Flags of Node on the command line of the program. */
  readonly flags?: readonly string[];
  /** A copy of Node that runs the program, for programs that change their executable. */
  readonly executable?: string;
  /** A command that runs the program. */
  readonly within?: readonly string[];
}

const REPOSITORY = new URL('../../../../', import.meta.url);
const PATIENCE_MILLIS = 15_000;

/**
 * The import of every program: the signals on SDK 3.x, from the sources. `emit(n, body)` makes n spans and n log records. With
 * the option `metrics`, it also adds n to the counter `orders`. The variable `TEST_SPOOL` is the folder of a spool.
 * `spoolThat(store)` makes a spool that only has that function.
 */
const SUPPORT = `
  import { TracerProvider } from '@opentelemetry/sdk-trace';
  import { LoggerProvider } from '@opentelemetry/sdk-logs';
  import { MeterProvider } from '@opentelemetry/sdk-metrics';
  import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
  import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
  import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
  import { watchProcessEnd } from '${fileURLToPath(new URL('packages/node/src/process-end/watch-process-end.ts', REPOSITORY))}';
  import { Spool } from '@spillway/spool';
  import { diag, DiagLogLevel } from '@opentelemetry/api';
  import { threadId } from 'node:worker_threads';

  export function spoolThat(store) {
    const place = (signal) => ({
      store: (request, when) => store({ ...request, signal, when }),
      isEmpty: true,
      getMetrics: () => ({ items: 0, bytes: 0, oldestStoredAt: undefined, takenOver: 0 }),
      onReady: () => () => {},
      whenWritten: async () => true,
      close: async () => {},
      closeNow() {},
    });
    return { join: ({ signal }) => place(signal) };
  }

  export function start(given = {}) {
    if (process.env.TEST_WATCHED !== 'yes') return { emit() {} };
    const say = (line) => process.stderr.write(line + '\\n');
    if (process.env.TEST_DIAG === 'yes') diag.setLogger({ error: say, warn: say, info: say, debug: say, verbose: say }, DiagLogLevel.ALL);
    const directory = process.env.TEST_SPOOL;
    const spool = given.spool ?? (directory && new Spool({ directory, service: 'ending', ...given.spoolOptions }));
    const options = { exit: spool ? 'spool' : 'ship', drainTimeoutMillis: 2_000, ...given };
    const exporter = (Exporter, path) => new Exporter({ url: process.env.TEST_URL + path, ...options.exporter });
    const { drainTimeoutMillis } = options;
    const spans = new BackpressureSpanProcessor({ exporter: exporter(OtlpSpanExporter, '/v1/traces'), drainTimeoutMillis, ...(spool && { spool }), ...options.processor });
    const records = new BackpressureLogRecordProcessor({ exporter: exporter(OtlpLogRecordExporter, '/v1/logs'), drainTimeoutMillis, ...(spool && { spool }), ...options.processor });
    const tracing = new TracerProvider({ spanProcessors: [spans] });
    const logging = new LoggerProvider({ processors: [records] });
    const tracer = tracing.getTracer('ending');
    const logger = logging.getLogger('ending');
    const readers = options.metrics === undefined ? [] : [new BackpressureMetricReader({ exporter: new OtlpMetricExporter({ url: process.env.TEST_URL + '/v1/metrics', ...options.exporter, ...options.metrics }), drainTimeoutMillis, ...(spool && { spool }), ...options.metrics })];
    const measuring = new MeterProvider({ readers });
    const orders = measuring.getMeter('ending').createCounter('orders');
    let emitted = 0;
    const watch = watchProcessEnd({
      ...options,
      shutdown: async () => {
        await Promise.all([spans, records, ...readers].map((processor) => processor.shutdown()));
        await Promise.all([tracing.shutdown(), logging.shutdown(), measuring.shutdown()]);
      },
      pipelines: [spans, records, ...readers],
    });
    return {
      watch,
      processors: [spans, records, ...readers],
      emit(count, body = 'order placed') {
        for (let index = 0; index < count; index += 1) {
          tracer.startSpan('span').end();
          logger.emit({ body, attributes: { 'log.record.uid': [process.pid, threadId, emitted++].join() } });
          orders.add(1);
        }
      },
    };
  }
`;

/** For the tests of a file: programs that end, each in its own process. They bundle their dependencies. */
export function useEndingPrograms(): EndingPrograms {
  const folder = useTemporaryFolder();
  beforeAll(() =>
    Promise.all(
      (['esm', 'cjs'] as const).map((format) =>
        bundle(SUPPORT, folder.path(`spillway.${extensionOf(format)}`), format),
      ),
    ),
  );
  return new EndingPrograms(folder);
}

class EndingPrograms {
  readonly #folder: TemporaryFolder;
  #count = 0;

  constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  /** Runs a program that has `start` and `emit`, until it has ended. */
  async run(program: string, options: RunOptions): Promise<Ending> {
    const child = await this.start(program, options);
    return endOf(child, options.signals ?? []);
  }

  async start(
    program: string,
    {
      url,
      format = 'esm',
      isWatched = true,
      options = '',
      env = {},
      before = '',
      flags = [],
      executable = process.execPath,
      within = [],
    }: RunOptions,
  ): Promise<ChildProcess> {
    const extension = extensionOf(format);
    this.#count += 1;
    const directory = this.#folder.path(`program.${this.#count}`);
    const support = `../spillway.${extension}`;
    const source = `${format === 'esm' ? `import { spoolThat, start } from '${support}';` : `const { spoolThat, start } = require('${support}');`}
${before}
const { emit, watch, processors } = start({ ${options} });
${program}
`;
    await mkdir(directory);
    await writeFile(join(directory, `app.${extension}`), source);
    const commandLine = [...within, executable, ...flags, `./app.${extension}`];
    return spawn(commandLine[0] as string, commandLine.slice(1), {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', TEST_WATCHED: isWatched ? 'yes' : 'no', TEST_URL: url, ...env },
    });
  }
}

/** Follows a process to its end. @param patienceMillis after which it is killed */
export async function endOf(
  child: ChildProcess,
  signals: readonly NodeJS.Signals[] = [],
  patienceMillis = PATIENCE_MILLIS,
): Promise<Ending> {
  let stdout = '';
  let stderr = '';
  let endsSince = performance.now();
  const kill = setTimeout(() => child.kill('SIGKILL'), patienceMillis);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (text.includes('ending')) endsSince = performance.now();
    if (!text.includes('ready')) return;
    endsSince = performance.now();
    for (const [index, signal] of signals.entries()) setTimeout(() => child.kill(signal), index * 200);
  });
  let millis = 0;
  child.once('exit', () => (millis = Math.round(performance.now() - endsSince)));
  // `close` comes later than `exit`: all output has arrived.
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(kill);
  // The stack of an exception names the file, which differs in each run, and a line of Node that depends on whether an
  // event has one listener or several.
  const printed = stderr.replaceAll(/program\.\d+/g, 'program').replaceAll(/node:events:[\d:]+/g, 'node:events');
  return { code, signal, stdout, stderr: printed, millis };
}

function extensionOf(format: Format): string {
  return format === 'esm' ? 'mjs' : 'cjs';
}
