// A service that sends itself one request, written and loaded in every way, next to the packages as installed.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '../../collector/src/index.ts';
import { hex, readLog } from '../../example/src/index.ts';
import { installed, installedLoaders, type InstrumentedLine } from '../install.ts';
import { NODE } from '../node.ts';
import type { WayToLoad } from './ways-to-load.ts';

export type Registration = 'ours' | 'upstream';

/** The telemetry of one request. */
export interface Seen {
  /** Names of the server's spans. */
  readonly server: readonly string[];
  /** Spans of Express and its router. */
  readonly middleware: number;
  /** Spans of `node:http` as a client. */
  readonly client: number;
  readonly logRecords: number;
  /** Those in the trace of the server's span. */
  readonly logRecordsInTrace: number;
  /** The application's exit code. */
  readonly code: number | null;
}

const SERVER = 2;
const CLIENT = 3;

const IMPORTS = `import { get } from 'node:http';\nimport express from 'express';\nimport pino from 'pino';\n`;
const REQUIRES = `const { get } = require('node:http');\nconst express = require('express');\nconst pino = require('pino');\n`;

const SERVICE = `
const logger = pino({ name: 'shop' });
const app = express();
app.use((request, response, next) => next());
app.get('/books/:title', (request, response) => {
  logger.info('asked');
  response.send('there');
});
const server = app.listen(0, '127.0.0.1', () => {
  get({ port: server.address().port, path: '/books/walden', agent: false }, (answer) => answer.resume().on('end', () => server.close()));
});
`;

/** With types, so that it is not valid JavaScript. */
const TYPED_SERVICE = `type Title = string;\nconst title: Title = 'walden';\n${SERVICE.replace("'/books/walden'", '`/books/${title}`')}`;

const compilerOptions = (module: string) => ({
  module,
  moduleResolution: 'node10',
  target: 'es2022',
  esModuleInterop: true,
  strict: false,
});

const FILES: Readonly<Record<string, string>> = {
  'commonjs/package.json': JSON.stringify({ type: 'commonjs' }),
  'commonjs/tsconfig.json': JSON.stringify({ compilerOptions: compilerOptions('commonjs') }),
  'commonjs/app.js': REQUIRES + SERVICE,
  'commonjs/required.ts': REQUIRES + TYPED_SERVICE,
  'commonjs/app.ts': IMPORTS + TYPED_SERVICE,
  'module/package.json': JSON.stringify({ type: 'module' }),
  'module/tsconfig.json': JSON.stringify({ compilerOptions: compilerOptions('esnext') }),
  'module/app.js': IMPORTS + SERVICE,
  'module/app.ts': IMPORTS + TYPED_SERVICE,
  'module/mixed.js': `import '../commonjs/app.js';\n`,
  'module/mixed.ts': `import '../commonjs/required.ts';\n`,
  'upstream.mjs': `import { register } from 'node:module';
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
await import('@opentelemetry/auto-instrumentations-node/register');
`,
};

export class LoadedApplications {
  readonly #folders: Readonly<Record<InstrumentedLine, string>>;

  private constructor(folders: Readonly<Record<InstrumentedLine, string>>) {
    this.#folders = folders;
  }

  static async create(): Promise<LoadedApplications> {
    const [auto2, auto3] = await Promise.all([folderOf('auto2'), folderOf('auto3')]);
    return new LoadedApplications({ auto2, auto3 });
  }

  async remove(): Promise<void> {
    await Promise.all(Object.values(this.#folders).map((folder) => rm(folder, { recursive: true })));
  }

  async run(way: WayToLoad, line: InstrumentedLine, registration: Registration): Promise<Seen> {
    await using collector = await startCollector();
    const folder = this.#folders[line];
    const flags = registration === 'ours' ? [way.flag, '@spillway/node/register'] : upstreamFlags(way, folder);
    const isPreloaded = way.command !== undefined;
    const command = isPreloaded ? [join(folder, 'node_modules', way.command)] : [];
    const args = [...(isPreloaded ? [] : flags), ...command, ...(way.loader ?? []), way.app];
    const code = await new Promise<number | null>((resolve) => {
      const child = execFile(
        NODE,
        args,
        {
          cwd: join(folder, way.folder),
          env: {
            PATH: process.env['PATH'] ?? '',
            TS_NODE_TRANSPILE_ONLY: '1',
            OTEL_SERVICE_NAME: 'shop',
            OTEL_NODE_RESOURCE_DETECTORS: 'none',
            OTEL_METRICS_EXPORTER: 'none',
            OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
            OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
            ...(isPreloaded && { NODE_OPTIONS: flags.join(' ') }),
          },
          timeout: 15_000,
        },
        () => resolve(child.exitCode),
      );
    });
    const spans = collector.spans();
    const ofHttp = (kind: number) =>
      spans.filter(({ scope, span }) => scope?.name?.endsWith('instrumentation-http') === true && span.kind === kind);
    const servers = ofHttp(SERVER);
    const records = collector.logRecords().map(readLog);
    return {
      server: servers.map(({ span }) => span.name ?? ''),
      middleware: spans.filter(({ scope }) => /instrumentation-(express|router)$/.test(scope?.name ?? '')).length,
      client: ofHttp(CLIENT).length,
      logRecords: records.length,
      logRecordsInTrace: records.filter(({ traceId }) => servers.some(({ span }) => hex(span.traceId) === traceId))
        .length,
      code,
    };
  }
}

/** The flags that OpenTelemetry documents for this kind of application, with the loader hook for ES modules. */
function upstreamFlags({ upstream }: WayToLoad, folder: string): readonly string[] {
  return upstream === '--require'
    ? ['--require', '@opentelemetry/auto-instrumentations-node/register']
    : ['--import', join(folder, 'upstream.mjs')];
}

/** A folder with links to the packages of the line and of the loaders. */
async function folderOf(line: InstrumentedLine): Promise<string> {
  const [packages, loaders] = await Promise.all([installed(line), installedLoaders()]);
  const folder = await mkdtemp(join(tmpdir(), 'spillway-compat-loaders-'));
  await mkdir(join(folder, 'node_modules'));
  for (const from of [packages, loaders]) {
    for (const name of await readdir(join(from, 'node_modules'))) {
      // If both have a dependency, the application's version is linked. Each package finds its own at its real path.
      await symlink(join(from, 'node_modules', name), join(folder, 'node_modules', name)).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
        },
      );
    }
  }
  for (const place of ['commonjs', 'module']) await mkdir(join(folder, place));
  for (const [file, text] of Object.entries(FILES)) await writeFile(join(folder, file), text);
  return folder;
}
