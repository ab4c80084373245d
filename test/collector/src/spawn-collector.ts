import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { now, Pauses } from './clock.ts';
import type {
  CollectorCommands,
  CollectorLoad,
  CollectorMessage,
  CommandMessage,
  CommandName,
} from './collector-commands.ts';
import type { CollectorOptions } from './collector.ts';
import { type Deferred, deferred } from './deferred.ts';
import type { Fault } from './fault.ts';
import type { CollectorCounts, RequestRecord, SignalCounts } from './request-record.ts';
import type { PointAttributes } from './series.ts';
import type { SignalName } from './signal.ts';
import type { Tally } from './tally.ts';
import type { UntilOptions } from './watchers.ts';

/** A message of a million ids would block the receiver while it reads the message. */
const IDS_A_MESSAGE = 20_000;
const POLL_MILLIS = 20;
const TIMEOUT_MILLIS = 10_000;

/**
 * Starts a receiver in its own process, so that it takes no time from the measured process.
 * It ends with `close()`, or when this process ends.
 * @throws Error if it cannot listen
 */
export async function spawnCollector(options: CollectorOptions = {}): Promise<SpawnedCollector> {
  const { NODE_OPTIONS: _ofThisProcess, ...env } = process.env;
  const child = fork(new URL('collector-process.ts', import.meta.url), [JSON.stringify(options)], {
    execArgv: [],
    env,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const started = deferred<CollectorMessage>();
  child.once('message', (message: CollectorMessage) => started.resolve(message));
  child.once('exit', (code) => started.resolve({ kind: 'failed', message: `it ended with ${code}` }));
  const first = await started.promise;
  if (first.kind === 'listening') return new SpawnedCollector(child, first.url, first.grpcUrl);
  if (child.connected) child.disconnect();
  throw new Error(`the collector did not start: ${'message' in first ? first.message : first.kind}`);
}

/** A remote `Collector`. Made by `spawnCollector`. */
export class SpawnedCollector implements AsyncDisposable {
  /** Scheme, host and port. */
  readonly url: string;
  readonly #grpcUrl: string | undefined;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Deferred<unknown>>();
  readonly #pauses = new Pauses();
  #lastId = 0;

  /** @internal */
  constructor(child: ChildProcess, url: string, grpcUrl: string | undefined) {
    this.url = url;
    this.#grpcUrl = grpcUrl;
    this.#child = child;
    child.on('message', (message: CollectorMessage) => this.#onMessage(message));
    child.on('exit', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('the collector has ended'));
      this.#pending.clear();
    });
  }

  /** Scheme, host and port for gRPC. @throws Error without the option `grpc` */
  get grpcUrl(): string {
    if (this.#grpcUrl === undefined) throw new Error('start the collector with `grpc: true`');
    return this.#grpcUrl;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sets the fault for every later request; `undefined` ends it. */
  async setFault(fault: Fault | undefined): Promise<void> {
    await this.#tell('setFault', fault);
  }

  /** Sets one fault each for the next requests, before the standing fault. `undefined` lets that request pass. */
  async queueFaults(...faults: (Fault | undefined)[]): Promise<void> {
    await this.#tell('queueFaults', ...faults);
  }

  requests(): Promise<readonly RequestRecord[]> {
    return this.#tell('requests');
  }

  /** The counts of all signals together. */
  counts(): Promise<CollectorCounts> {
    return this.#tell('counts');
  }

  countsOf(signal: SignalName): Promise<SignalCounts> {
    return this.#tell('countsOf', signal);
  }

  /** The number of accepted log records without trace context, or without the span that it names. */
  orphanedLogRecords(): Promise<number> {
    return this.#tell('orphanedLogRecords');
  }

  /** What a backend would show as the total of a sum, or of a histogram's measurements. */
  totalOf(metric: string, attributes?: PointAttributes): Promise<number> {
    return this.#tell('totalOf', metric, attributes);
  }

  /** The part of that total that came from delta points which had arrived before. */
  repeatedOf(metric: string, attributes?: PointAttributes): Promise<number> {
    return this.#tell('repeatedOf', metric, attributes);
  }

  /** The value of the latest point by its own time; undefined without a point. */
  lastValueOf(metric: string, attributes?: PointAttributes): Promise<number | undefined> {
    return this.#tell('lastValueOf', metric, attributes);
  }

  talliesOf(signal: SignalName): Promise<ReadonlyMap<string, Tally>> {
    return this.#tell('talliesOf', signal);
  }

  /** Cuts every connection and leaves the port, like a process that dies. Received items and faults stay. */
  interrupt(): Promise<void> {
    return this.#tell('interrupt');
  }

  /** Tells clients of gRPC to go away (GOAWAY), and leaves the port, like a server that shuts down in good order. */
  goAway(): Promise<void> {
    return this.#tell('goAway');
  }

  /** Takes the same port again. */
  resume(): Promise<void> {
    return this.#tell('resume');
  }

  /** Ends all faults, and takes the port again if it was left. Received items stay. */
  heal(): Promise<void> {
    return this.#tell('heal');
  }

  /** The given span ids (hex) that were never accepted. */
  async missing(ids: Iterable<string>): Promise<string[]> {
    const all = [...ids];
    const missing: string[] = [];
    for (let at = 0; at < all.length; at += IDS_A_MESSAGE) {
      // oxlint-disable-next-line no-await-in-loop -- one at a time leaves the receiver room to receive
      missing.push(...(await this.#tell('missing', all.slice(at, at + IDS_A_MESSAGE))));
    }
    return missing;
  }

  /** Up to `limit` (100) span ids that were accepted more than once. */
  duplicates(limit = 100): Promise<string[]> {
    return this.#tell('duplicates', limit);
  }

  /** CPU and event loop of the receiver since its start or the last reset. */
  load(): Promise<CollectorLoad> {
    return this.#tell('load');
  }

  /** Forgets all requests and faults. */
  async reset(): Promise<void> {
    await this.#tell('reset');
  }

  /**
   * Resolves when the predicate is true. It is checked every 20 ms.
   * @throws Error after `timeoutMillis` (10 000 by default) with the counts of that moment
   */
  async until(predicate: (counts: CollectorCounts) => boolean, options: UntilOptions = {}): Promise<void> {
    const timeoutMillis = options.timeoutMillis ?? TIMEOUT_MILLIS;
    const deadline = now() + timeoutMillis;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- a poll
      const counts = await this.counts();
      if (predicate(counts)) return;
      if (now() >= deadline) {
        throw new Error(`${timeoutMillis} ms have passed while the condition did not hold: ${JSON.stringify(counts)}`);
      }
      // oxlint-disable-next-line no-await-in-loop -- a poll
      await this.#pauses.start(POLL_MILLIS).done;
    }
  }

  /** Ends the process, and resolves when it is gone. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    await gone;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #tell<Name extends CommandName>(
    name: Name,
    ...args: Parameters<CollectorCommands[Name]>
  ): Promise<Awaited<ReturnType<CollectorCommands[Name]>>> {
    const answer = deferred<unknown>();
    if (!this.#child.connected) return Promise.reject(new Error('the collector has ended'));
    this.#lastId += 1;
    this.#pending.set(this.#lastId, answer);
    this.#child.send({ id: this.#lastId, name, args } satisfies CommandMessage);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the other side runs what CollectorCommands says
    return answer.promise as Promise<Awaited<ReturnType<CollectorCommands[Name]>>>;
  }

  #onMessage(message: CollectorMessage): void {
    if (message.kind !== 'done' && message.kind !== 'refused') return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'done') pending?.resolve(message.value);
    else pending?.reject(new Error(message.message));
  }
}
