// Applications in a container with little memory, whose queues are full when they end.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ending, endOf } from '../../../packages/node/test/process-end/ending-program.ts';
import { startCollector } from '../../collector/src/index.ts';
import { installed } from '../install.ts';
import { NODE } from '../node.ts';
import { MemoryContainer } from './memory-container.ts';
import { DRAIN_MILLIS } from './ways-to-end.ts';

const MEBIBYTE = 2 ** 20;

/** Ends of a process. `end` is the last statement of its program. */
export const CONTAINED_ENDS = [
  { name: '`process.exit(3)`', end: 'process.exit(3);' },
  { name: 'an uncaught exception', end: "throw new Error('boom');" },
  { name: 'an unhandled rejection', end: "void Promise.reject(new Error('boom'));" },
  { name: 'SIGTERM', end: '', signal: 'SIGTERM' },
  { name: 'SIGINT', end: '', signal: 'SIGINT' },
  { name: 'nothing left to do', end: '' },
] as const satisfies readonly { readonly name: string; readonly end: string; readonly signal?: NodeJS.Signals }[];

export type ContainedEnd = (typeof CONTAINED_ENDS)[number];

export const COLLECTORS = ['listens', 'hangs', 'is not there'] as const;

export interface ContainedRun {
  readonly limitMebibytes: number;
  readonly collector: (typeof COLLECTORS)[number];
  /** The same program without Spillway, whose spans and log records go nowhere. */
  readonly isBare?: boolean;
}

/** An end in a container. */
export interface SeenContainedEnd extends Ending {
  /** Memory in use when the end began. */
  readonly beforeBytes: number;
  /** Most memory in use from then on, by all processes together. */
  readonly peakBytes: number;
  readonly oomKills: number;
  /** Of both signals together. */
  readonly delivered: number;
}

/** Makes spans and log records of a kibibyte each, more of them than a 24th of the container holds. */
const PROGRAM = `
import { readFileSync, writeFileSync } from 'node:fs';
import { logs, trace } from '@opentelemetry/api';
const tracer = trace.getTracer('ending');
const logger = logs.getLogger('ending');
const text = 'x'.repeat(1024);
const count = Number(process.env.LIMIT_MEBIBYTES) * 1024 / 20;
for (let index = 0; index < count; index += 1) {
  tracer.startSpan('span', { attributes: { text } }).end();
  logger.emit({ body: text, attributes: { 'log.record.uid': String(index) } });
}
writeFileSync(process.env.CONTAINER + '/memory.max_usage_in_bytes', '0');
process.stdout.write('before ' + readFileSync(process.env.CONTAINER + '/memory.usage_in_bytes', 'utf8').trim() + '\\n');
`;

export class ContainedApplications {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<ContainedApplications> {
    const folder = await mkdtemp(join(tmpdir(), 'spillway-contained-'));
    await symlink(join(await installed('otel3'), 'node_modules'), join(folder, 'node_modules'));
    for (const [index, way] of CONTAINED_ENDS.entries()) {
      const last =
        'signal' in way
          ? "setTimeout(() => {}, 10_000); process.stdout.write('ready\\n');"
          : `process.stdout.write('ending\\n'); ${way.end}`;
      await writeFile(join(folder, `app-${index}.mjs`), PROGRAM + last);
    }
    return new ContainedApplications(folder);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  async run(
    way: ContainedEnd,
    { limitMebibytes, collector: conduct, isBare = false }: ContainedRun,
  ): Promise<SeenContainedEnd> {
    await using collector = await startCollector({ decode: 'ids' });
    if (conduct === 'hangs') collector.setFault({ kind: 'hang' });
    if (conduct === 'is not there') await collector.interrupt();
    const container = new MemoryContainer(limitMebibytes * MEBIBYTE);
    try {
      const command = [
        ...container.runner,
        NODE,
        ...(isBare ? [] : ['--import', '@spillway/node/register']),
        `./app-${CONTAINED_ENDS.indexOf(way)}.mjs`,
      ];
      const child = spawn(command[0] as string, command.slice(1), {
        cwd: this.#folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'] ?? '',
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          SPILLWAY_DRAIN_TIMEOUT: String(DRAIN_MILLIS),
          CONTAINER: container.path,
          LIMIT_MEBIBYTES: String(limitMebibytes),
        },
      });
      const ending = await endOf(child, 'signal' in way ? [way.signal] : []);
      const { peakBytes, oomKills } = container;
      const beforeBytes = Number(/^before (\d+)$/m.exec(ending.stdout)?.[1]);
      return { ...ending, beforeBytes, peakBytes, oomKills, delivered: collector.counts().unique };
    } finally {
      await container.remove();
    }
  }
}
