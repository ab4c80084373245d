import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLLECTOR_BINARY } from './collector-binary.ts';
import { type Received, readReceived } from './received.ts';

/** The Collector logs this once all receivers listen. */
const READY = 'Everything is ready';

export interface CollectorProcessOptions {
  /** The path of a file, or the configuration itself. */
  readonly configuration: string | object;
  /** Variables for `${env:NAME}` in the configuration. `OUTPUT` is added: a new folder for each start. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The real OpenTelemetry Collector in its own process. It may be stopped and started again, on the same ports. */
export class CollectorProcess implements AsyncDisposable {
  /** All files are below it, and are removed with it. */
  readonly folder = mkdtempSync(join(tmpdir(), 'spillway-otelcol-'));
  readonly #configurationFile: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #outputs: string[] = [];
  #child: ChildProcess | undefined;
  #log = '';
  readonly #onExit = (): void => void this.#child?.kill('SIGKILL');

  constructor({ configuration, env = {} }: CollectorProcessOptions) {
    this.#env = env;
    if (typeof configuration === 'string') {
      this.#configurationFile = configuration;
    } else {
      this.#configurationFile = join(this.folder, 'collector.yaml');
      // JSON is YAML.
      writeFileSync(this.#configurationFile, JSON.stringify(configuration, undefined, 1));
    }
    // For the case that a test run is interrupted.
    process.once('exit', this.#onExit);
  }

  /**
   * Resolves once the Collector receives.
   * @throws Error with its log, if it ends before that
   */
  async start(): Promise<void> {
    const output = join(this.folder, `output-${this.#outputs.length}`);
    mkdirSync(output);
    this.#outputs.push(output);
    const child = spawn(COLLECTOR_BINARY, ['--config', this.#configurationFile], {
      env: { ...process.env, ...this.#env, OUTPUT: output },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    const begin = this.#log.length;
    const ready = Promise.withResolvers<void>();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
      if (this.#log.includes(READY, begin)) ready.resolve();
    });
    child.once('error', (error) => ready.reject(error));
    child.once('close', () =>
      ready.reject(new Error(`the Collector ended before it was ready:\n${this.#log.slice(begin)}`)),
    );
    await ready.promise;
  }

  /** Lets the Collector finish its work. Resolves when it is gone. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Ends the Collector immediately, as a crash or the kernel would. Resolves when it is gone. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Freezes the Collector. Its connections stay, and the kernel accepts new ones. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Its whole log since the first start. */
  get log(): string {
    return this.#log;
  }

  /**
   * The items that its file exporters wrote to `<name>.jsonl` in `OUTPUT`, over all starts.
   * @param skip number of lines to skip, because they were read before
   */
  received(name: string, skip = 0): Received {
    return readReceived(
      this.#outputs.map((output) => join(output, `${name}.jsonl`)),
      skip,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    process.off('exit', this.#onExit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill(signal);
    await gone;
  }
}
