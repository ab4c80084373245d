import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { type Collector, startCollector } from '../collector/src/index.ts';
import { readLog } from '../example/src/index.ts';
import { root, type Snippet } from './snippets.ts';

/** How long a snippet may take on a busy machine, its shutdown included. */
export const PROGRAM_MILLIS = 60_000;

// These folders are in the repository, so that the imports of a snippet resolve to the packages installed there:
// OpenTelemetry 3.x below `test`, and 2.x below the root. Git and lint ignore both folders.
export const SCRATCH: Readonly<Record<SdkLine, string>> = {
  otel3: join(root, 'test', '.turbo', 'readmes'),
  otel2: join(root, '.turbo', 'readmes'),
};

const MAP_PORTS = join(root, 'test', 'readmes', 'map-ports.mjs');

export type SdkLine = 'otel2' | 'otel3';

/** What a reader would add to a snippet, or do while it runs. */
export interface Frame {
  /** Code before and after that of the snippet. */
  readonly before?: string;
  readonly after?: string;
  /** Texts replaced in the snippet, because the test achieves the same in another way. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Files next to the snippet, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** The line of OpenTelemetry with which it runs. Default: `otel3`. */
  readonly sdk?: SdkLine;
}

/** What a snippet has done when its process has ended. */
export interface Effect {
  /** The exit code, or the signal that ended it. */
  readonly end: number | NodeJS.Signals;
  readonly output: string;
  /** The names of the spans and the bodies of the log records that the collector has accepted, sorted. */
  readonly spans: readonly string[];
  readonly logs: readonly unknown[];
  /** The names of the metrics of the data points that it has accepted, sorted. */
  readonly dataPoints: readonly string[];
}

export function emptyScratch(): void {
  for (const folder of Object.values(SCRATCH)) rmSync(folder, { recursive: true, force: true });
}

/** A snippet in its frame, as a separate program. */
export class Program {
  readonly #language: Snippet['language'];
  readonly #folder: string;
  readonly #code: string;

  /** Writes its files. */
  constructor(
    { name, language, line, code }: Snippet,
    { before, after = '', replace = {}, files = {}, sdk = 'otel3' }: Frame,
  ) {
    this.#language = language;
    const lead = before === undefined ? '' : `${before}\n`;
    // The leading empty lines make the compiler report the line numbers of the document.
    const lines = '\n'.repeat(Math.max(line - lead.split('\n').length, 0));
    this.#code = lines + lead + replaced(code, replace) + after;
    mkdirSync(SCRATCH[sdk], { recursive: true });
    this.#folder = mkdtempSync(join(SCRATCH[sdk], `${name.replaceAll(/[^\w.-]+/g, '-')}-`));
    const own = language === 'ts' ? { 'snippet.ts': this.#code } : {};
    for (const [file, content] of Object.entries({ ...files, ...own }))
      writeFileSync(join(this.#folder, file), content);
  }

  /** The TypeScript files to type-check. */
  get files(): readonly string[] {
    return this.#language === 'ts' ? [join(this.#folder, 'snippet.ts')] : [];
  }

  /** Runs the program to its end, with a collector. */
  async run(): Promise<Effect> {
    await using collector = await startCollector();
    if (this.#language === 'ts')
      return await effectOf(process.execPath, ['snippet.ts'], this.#folder, { 4318: collector.port }, collector);
    const port = await freePort();
    const variables = { PORT: `${port}`, SCRATCH: this.#folder };
    return await effectOf(
      'bash',
      ['-c', this.#script()],
      root,
      { 4318: collector.port, 8080: port },
      collector,
      variables,
    );
  }

  /**
   * Runs from the root of the repository, as a reader would. The lines after `# in another terminal` run while the
   * program before them serves. Then the program gets SIGTERM, and its exit code is the result.
   */
  #script(): string {
    const [program = '', terminal] = this.#code
      .replaceAll('/var/tmp/', `${this.#folder}/`)
      .split('# in another terminal\n');
    return [
      'set -e',
      // The packages are already built, or these tests would not run.
      'npx() { if [ "$*" != "turbo run build" ]; then command npx "$@"; fi; }',
      // Repeats until the server listens.
      'curl() { until command curl --silent --max-time 10 "${@/localhost:8080/localhost:$PORT}" || [ $? != 7 ]; do sleep 0.1; done; }',
      terminal === undefined ? program : `${inBackground(program)}\n${terminal}\nkill $!; wait $!`,
    ].join('\n');
  }
}

function replaced(code: string, replace: Readonly<Record<string, string>>): string {
  return Object.entries(replace).reduce((text, [was, is]) => {
    if (!text.includes(was)) throw new Error(`a snippet has no ${was} that could be replaced`);
    return text.replace(was, is);
  }, code);
}

/** Puts `&` after the last command, before its comment. */
function inBackground(program: string): string {
  return program.trimEnd().replace(/( +#[^\n]*)?$/, ' &');
}

async function effectOf(
  program: string,
  args: readonly string[],
  cwd: string,
  ports: Readonly<Record<number, number>>,
  collector: Collector,
  variables: Readonly<Record<string, string>> = {},
): Promise<Effect> {
  // Of the environment of the test, only PATH and HOME are passed on. PATH begins with the Node that runs the test.
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    HOME: process.env['HOME'] ?? '',
    // npx runs installed programs only. Otherwise it would ask its registry for news of itself.
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
    NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${MAP_PORTS}`,
    README_PORTS: JSON.stringify(ports),
    ...variables,
  };
  // The child gets its own process group, so that no process outlives a snippet that hangs.
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), PROGRAM_MILLIS);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const end = await new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 0)),
  );
  clearTimeout(timer);
  const spans = collector
    .spans()
    .map(({ span }) => span.name ?? '')
    .toSorted(byText);
  const logs = collector
    .logRecords()
    .map((record) => readLog(record).body)
    .toSorted(byText);
  const dataPoints = collector
    .dataPoints()
    .map(({ metric }) => metric.name ?? '')
    .toSorted(byText);
  return { end, output, spans, logs, dataPoints };
}

/** Compares by code units; objects are compared as JSON. */
function byText(one: unknown, other: unknown): number {
  const [a, b] = [one, other].map((value) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')));
  return Number(a! > b!) - Number(a! < b!);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
