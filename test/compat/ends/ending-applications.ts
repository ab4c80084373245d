// Applications that know only OpenTelemetry's api and end in every possible way, next to the packages as installed.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ending, endOf, type Format } from '../../../packages/node/test/process-end/ending-program.ts';
import { type Collector, startCollector } from '../../collector/src/index.ts';
import { installed, type Line } from '../install.ts';
import { NODE } from '../node.ts';
import {
  DRAIN_MILLIS,
  EAGER,
  IDLE,
  KILLED_IN_OUTAGE,
  MADE_FIRST,
  MADE_OF_EACH,
  MUCH_HELD,
  type WayToEnd,
  WAYS_TO_END,
  WITHOUT_COLLECTOR,
} from './ways-to-end.ts';

export const LINES: readonly Line[] = ['otel2', 'otel3'];
export const FORMATS: readonly Format[] = ['esm', 'cjs'];

/**
 * `hangs`: the collector receives requests and never answers. `absent`: nothing ever listens. `leaves`: the collector
 * receives the program's first items, and then nothing listens any more.
 */
export type CollectorConduct = 'answers' | 'hangs' | 'absent' | 'leaves';

export interface EndingRun {
  readonly line: Line;
  readonly format: Format;
  readonly collector?: CollectorConduct;
  /** The same program without Spillway, whose telemetry goes nowhere. */
  readonly isBare?: boolean;
  /** The folder of a spool. */
  readonly spool?: string;
}

/** An end, and what the collector had by then. */
export interface SeenEnd extends Ending {
  /** Spans and log records. */
  readonly delivered: number;
  /** The value of the counter. */
  readonly counted: number;
}

/** What a collector has received. */
export type Received = Pick<SeenEnd, 'delivered' | 'counted'>;

/** How long the next process has for the items of the one before. */
const REPLAY_MILLIS = 10_000;

/** Line 2.x has a separate api for logs. */
const LOGS_API: Readonly<Record<Line, string>> = { otel2: '@opentelemetry/api-logs', otel3: '@opentelemetry/api' };

const PROGRAMS: readonly WayToEnd[] = [
  ...WAYS_TO_END,
  ...MUCH_HELD.map(({ way }) => way),
  ...WITHOUT_COLLECTOR.flatMap(({ never, before }) => [never, before]),
  KILLED_IN_OUTAGE,
  IDLE,
];

const COUNTER = 'orders';

const STARTED = /^otel info: Spillway ships .*\n/gm;

/** Every way to end as a program, for each line and format. */
export class EndingApplications {
  readonly #folders: Readonly<Record<Line, string>>;

  private constructor(folders: Readonly<Record<Line, string>>) {
    this.#folders = folders;
  }

  static async create(): Promise<EndingApplications> {
    const [otel2, otel3] = await Promise.all([folderOf('otel2'), folderOf('otel3')]);
    return new EndingApplications({ otel2, otel3 });
  }

  async remove(): Promise<void> {
    await Promise.all(Object.values(this.#folders).map((folder) => rm(folder, { recursive: true })));
  }

  async run(
    way: WayToEnd,
    { line, format, collector: conduct = 'answers', isBare = false, spool }: EndingRun,
  ): Promise<SeenEnd> {
    await using collector = await startCollector({ decode: 'ids' });
    if (conduct === 'absent') await collector.interrupt();
    if (conduct === 'hangs') collector.setFault({ kind: 'hang' });
    else if (way.answerMillis !== undefined) collector.setFault({ kind: 'latency', millis: way.answerMillis });
    const child = this.#start(
      way,
      { line, format, isBare },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        SPILLWAY_DRAIN_TIMEOUT: String(way.drainMillis ?? DRAIN_MILLIS),
        ...(spool !== undefined && { SPILLWAY_SPOOL_DIRECTORY: spool }),
        // The collector must have received something before it leaves.
        ...(conduct === 'leaves' && EAGER),
        ...way.env,
      },
    );
    if (conduct === 'leaves')
      child.stdout.on('data', (text: Buffer) => void (String(text).includes(MADE_FIRST) && leave(collector, isBare)));
    const ending = await endOf(child, way.signals, way.patienceMillis);
    // The stack of an exception names the file. The line of the start comes once for each thread and process that
    // starts.
    const stderr = ending.stderr.replaceAll(this.#folders[line], '').replaceAll(STARTED, '');
    return { ...ending, stderr, delivered: deliveredTo(collector), counted: collector.totalOf(COUNTER) };
  }

  /**
   * Runs the next process of a spool, which makes no items itself. It ends when the collector has everything that a
   * program makes, or its time is over.
   */
  async replay({ line, format, spool }: EndingRun & { readonly spool: string }): Promise<Received> {
    await using collector = await startCollector({ decode: 'ids' });
    const child = this.#start(
      IDLE,
      { line, format, isBare: false },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        SPILLWAY_SPOOL_DIRECTORY: spool,
      },
    );
    const ended = endOf(child);
    await collector
      .until((now) => deliveredTo(now) >= 2 * MADE_OF_EACH && now.totalOf(COUNTER) >= MADE_OF_EACH, {
        timeoutMillis: REPLAY_MILLIS,
      })
      .catch(() => {});
    child.kill('SIGTERM');
    await ended;
    return { delivered: deliveredTo(collector), counted: collector.totalOf(COUNTER) };
  }

  /** @param env all of its variables but PATH */
  #start(
    way: WayToEnd,
    { line, format, isBare }: Pick<EndingRun, 'line' | 'format' | 'isBare'>,
    env: Readonly<Record<string, string>>,
  ) {
    const registration =
      isBare === true ? [] : [format === 'cjs' ? '--require' : '--import', '@spillway/node/register'];
    return spawn(NODE, [...registration, `./${fileOf(way, format)}`], {
      cwd: this.#folders[line],
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
  }
}

function deliveredTo(collector: Collector): number {
  return collector.countsOf('traces').unique + collector.countsOf('logs').unique;
}

/** Stops the collector once it has the program's first item of each signal. */
async function leave(collector: Collector, isBare: boolean): Promise<void> {
  if (!isBare) await collector.until((now) => deliveredTo(now) === 2 && now.totalOf(COUNTER) === 1);
  await collector.interrupt();
}

async function folderOf(line: Line): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `spillway-ends-${line}-`));
  await symlink(join(await installed(line), 'node_modules'), join(folder, 'node_modules'));
  for (const format of FORMATS) {
    for (const way of PROGRAMS) await writeFile(join(folder, fileOf(way, format)), sourceOf(way, line, format));
  }
  return folder;
}

function fileOf(way: WayToEnd, format: Format): string {
  return `app-${PROGRAMS.indexOf(way)}.${format === 'esm' ? 'mjs' : 'cjs'}`;
}

function sourceOf({ program }: WayToEnd, line: Line, format: Format): string {
  const get = (name: string, module: string) =>
    format === 'esm' ? `import { ${name} } from '${module}';` : `const { ${name} } = require('${module}');`;
  return `
${get('metrics, trace', '@opentelemetry/api')}
${get('logs', LOGS_API[line])}
const { threadId } = process.getBuiltinModule('node:worker_threads');
const tracer = trace.getTracer('ending');
const logger = logs.getLogger('ending');
const orders = metrics.getMeter('ending').createCounter('${COUNTER}');
let made = 0;
function emit(count) {
  for (let index = 0; index < count; index += 1) {
    tracer.startSpan('span').end();
    logger.emit({ body: 'order placed', attributes: { 'log.record.uid': [process.pid, threadId, made++].join() } });
    orders.add(1);
  }
}
${program}
`;
}
