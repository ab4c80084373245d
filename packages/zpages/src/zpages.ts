import { Worker } from 'node:worker_threads';
import { ownDiag } from '@spillway/pipeline';
import type { ServerMessage, ServerSettings } from './server/protocol.ts';
import { MainThreadWatch } from './snapshot/main-thread-watch.ts';
import { resolveZpagesOptions, type ZpagesOptions } from './options/zpages-options.ts';

/** Put in by the build: the program of server/main.ts. See bundle-programs.ts. */
declare const ZPAGES_SERVER: string;

/** MiB. The server needs a few; a leak must not become one of the application. */
const SERVER_HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

/** The live page of this process. It keeps no process alive. */
export interface Zpages {
  /**
   * Resolves with the address of the page, or with `undefined` if it is not served: the port is in use, the page was
   * closed, or there can be no thread. Keeps the process alive until then.
   */
  listening(): Promise<string | undefined>;
  /** Ends the server. Runs once, never rejects. */
  close(): Promise<void>;
}

/**
 * Serves a page that shows the state of every pipeline of this thread, in a thread of its own, so that it answers even
 * while this one is blocked. Problems are logged through `diag`.
 *
 * While nobody looks, it is asked for its figures every five seconds.
 *
 * @throws TypeError or RangeError that names option and value
 */
export function serveZpages(options: ZpagesOptions = {}): Zpages {
  const settings = resolveZpagesOptions(options);
  try {
    return new ZpagesThread(settings);
  } catch (error) {
    // For example `--permission` without `--allow-worker`.
    ownDiag.warn(`Spillway cannot serve its live page: ${messageOf(error)}`);
    return { listening: async () => undefined, close: async () => {} };
  }
}

class ZpagesThread implements Zpages {
  readonly #worker: Worker;
  readonly #watch: MainThreadWatch;
  readonly #address = Promise.withResolvers<string | undefined>();
  readonly #port: number;
  #closing: Promise<void> | undefined;
  #isWaitingForPort = false;

  /** @throws Error if there can be no thread */
  constructor(settings: ServerSettings) {
    this.#port = settings.port;
    this.#worker = new Worker(ZPAGES_SERVER, {
      eval: true,
      name: 'spillway-zpages',
      workerData: settings,
      // Without these, the thread would load what the application loads first, such as a registration of telemetry.
      env: {},
      execArgv: [],
      resourceLimits: SERVER_HEAP,
    });
    this.#watch = new MainThreadWatch();
    this.#worker.on('message', (message: ServerMessage) => this.#onMessage(message));
    this.#worker.on('error', (error) => this.#onEnd(messageOf(error)));
    this.#worker.on('exit', () => this.#onEnd(undefined));
    // Last, because a listener for messages holds the process again.
    this.#worker.unref();
  }

  async listening(): Promise<string | undefined> {
    this.#worker.ref();
    try {
      return await this.#address.promise;
    } finally {
      this.#worker.unref();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#watch.close();
    this.#address.resolve(undefined);
    await this.#worker.terminate();
  }

  #onMessage(message: ServerMessage): void {
    if (this.#closing !== undefined) return;
    switch (message.kind) {
      case 'ask':
        return this.#answer();
      case 'listening':
        this.#address.resolve(message.url);
        return ownDiag.info(`Spillway serves its live page at ${message.url}`);
      case 'not listening':
        this.#address.resolve(undefined);
        return this.#onNotListening(message.reason, message.isTriedAgain);
    }
  }

  /** Whatever goes wrong here must not become an uncaught exception of the application. */
  #answer(): void {
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      this.#worker.postMessage(this.#watch.snapshot());
    } catch (error) {
      this.#onEnd(messageOf(error));
    }
  }

  /** Logged once, however often the port is tried. */
  #onNotListening(reason: string, isTriedAgain: boolean): void {
    if (!isTriedAgain) return this.#onEnd(reason);
    if (this.#isWaitingForPort) return;
    this.#isWaitingForPort = true;
    ownDiag.warn(
      `Spillway cannot serve its live page: port ${this.#port} is in use, perhaps by another process or thread of the same application; it is tried again every 10 s. Port 0 takes any free one`,
    );
  }

  /** @param reason `undefined` for an end that was asked for */
  #onEnd(reason: string | undefined): void {
    if (this.#closing !== undefined) return;
    if (reason !== undefined) ownDiag.warn(`Spillway cannot serve its live page: ${reason}`);
    void this.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
