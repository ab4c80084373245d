import { type BackpressureMetrics, type BackpressureState, BackpressureStrategy, type DropReason, now } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import { errorText } from '@spillway/otlp/encoding';
import { KEEP_ALL, type Threshold } from '@spillway/sampling';
import { withDeadline } from './deadline.ts';
import { otlpPartsOf } from './exporter/otlp-parts.ts';
import type { ItemExporter } from './foreign/item-exporter.ts';
import type { HandOver, TakeRequest } from './hand-over.ts';
import { PipelineLog } from './log/pipeline-log.ts';
import { PendingResources } from './pending-resources.ts';
import { controlledExport, type ControlledExport, priorityRule, type ProcessorController, type SignalItems } from './processor-controller.ts';
import { type ProcessorOptions, type ResolvedProcessorOptions, resolveProcessorOptions } from './processor-options.ts';
import { LoadSampling } from './sampling/load-sampling.ts';
import { ownDiag, withinExport } from './scope/export-scope.ts';

/** Upstream's default for `forceFlush`, whose callers mostly give none. */
const FORCE_FLUSH_TIMEOUT_MILLIS = 30_000;
/** For exporters whose own `forceFlush` or `shutdown` hangs: each gets what the drain has left of its time, and no more than this. */
const LONGEST_EXPORTER_STEP_MILLIS = 5_000;
/** And no less than this: most need next to nothing, and the drain may have used all of its time. */
const SHORTEST_EXPORTER_STEP_MILLIS = 50;
/**
 * How long a collector that was never there is waited for: enough for one that is just coming up to be tried two or three
 * times, and little enough that nobody wonders why a script on a machine without a collector does not end.
 */
const ABSENT_AFTER_MILLIS = 500;

/** What a pipeline says of itself, beside what its controller says. */
export interface ProcessorMetrics extends BackpressureMetrics {
  /**
   * Items that were not even made, since they would have been refused or sampled out: log records that `enabled` told the
   * SDK not to build, traces that a `BackpressureSampler` told it not to record, each once however many spans it would have
   * had. They were never offered, so they are in no other counter.
   */
  readonly eventsNotBuilt: number;
  /** The share of items that sampling keeps at present, exempt ones aside: 0 to 1, and 1 while it touches nothing. */
  readonly samplingProbability: number;
  /** While sampling: more exempt items arrive than can be sent, so that no threshold is enough and items will be evicted. */
  readonly exemptExceedsCapacity: boolean;
}

export interface ForceFlushOptions {
  /** Milliseconds after which the promise rejects; what is under way goes on. Default 30 000. */
  readonly timeoutMillis?: number | undefined;
}

/**
 * What stands behind the processor of either signal: a controller between the SDK's hooks and an exporter, with the
 * life that the SDK specification gives a processor. A signal brings its encoder and its rules, nothing else.
 */
export class ExportPipeline<Item> implements HandOver {
  readonly #exporter: ItemExporter<Item>;
  readonly #options: ResolvedProcessorOptions<Item>;
  readonly #controller: ProcessorController<Item>;
  readonly #handOver: ControlledExport<Item>['handOver'];
  readonly #log: PipelineLog;
  readonly #resources: PendingResources;
  readonly #sampling: LoadSampling<Item> | undefined;
  /** Says in an item what sampling it has passed; `undefined` where its encoder does. */
  readonly #marked: SignalItems<Item>['marked'];
  #notBuilt = 0;
  #shutdown: Promise<void> | undefined;

  /**
   * @param name the processor's, for messages
   * @throws RangeError or TypeError that names option and value
   */
  constructor(
    name: string,
    signal: Signal,
    exporter: ItemExporter<Item>,
    items: SignalItems<Item>,
    options: ProcessorOptions<Item>,
  ) {
    if (typeof exporter?.export !== 'function') {
      throw new TypeError(`${name}: exporter must be an object with an export function, got ${typeof exporter}`);
    }
    this.#exporter = exporter;
    this.#log = new PipelineLog(name);
    this.#options = resolveProcessorOptions(signal, options, (message) => ownDiag.warn(`${name}: ${message}`));
    if (items.sampling !== undefined && this.#options.strategy === BackpressureStrategy.SAMPLE) {
      // Asked while the controller is being made, where it begins under load.
      const priorityOf = priorityRule(items, this.#options, this.#log);
      this.#sampling = new LoadSampling(items.sampling, priorityOf, this.#options, () => this.#controller?.getMetrics());
    }
    this.#marked = otlpPartsOf(exporter) === undefined ? items.marked : undefined;
    this.#resources = new PendingResources(name, this.#options.exportTimeoutMillis);
    const { controller, handOver } = controlledExport(signal, exporter, items, this.#options, this.#log, this.#resources, this.#sampling);
    this.#controller = controller;
    this.#handOver = handOver;
    this.#controller.start();
  }

  /** Offers an item. Never throws, never waits. @returns whether it was let in; if not, a counter says why */
  offer(item: Item): boolean {
    const sampling = this.#sampling;
    if (sampling === undefined) return this.#controller.tryPush(item);
    if (!sampling.keeps(item)) {
      this.#controller.discard('sampled');
      return false;
    }
    if (this.#marked === undefined || !sampling.mark.isSaid) return this.#controller.tryPush(item);
    return this.#offerMarked(item, sampling, this.#marked);
  }

  /** By which items are sampled at present; `KEEP_ALL` where they are not. */
  get samplingThreshold(): Threshold {
    return this.#sampling?.threshold ?? KEEP_ALL;
  }

  /** Whether an item of that lane might be let in now: see `BackpressureController.mayAccept`. */
  mayAccept(lane: number): boolean {
    return this.#controller.mayAccept(lane);
  }

  /** Counts an item that its processor gives up by a rule of its own, as offered and rejected. */
  discard(reason: DropReason): void {
    this.#controller.discard(reason);
  }

  /** Counts an item that was not even made, since it would have been refused or sampled out. */
  onNotBuilt(): void {
    this.#notBuilt += 1;
    this.#log.onNotBuilt();
  }

  get state(): BackpressureState {
    return this.#controller.state;
  }

  /**
   * Resolves once everything received before has been exported or refused, and the exporter has flushed.
   * @throws (rejects) when that has not come in time, or when the exporter's own `forceFlush` failed; within half a second
   *   when no collector has ever been there, whatever the time. What is not exported is kept
   */
  forceFlush(options?: ForceFlushOptions): Promise<void> {
    return this.#shutdown ?? this.#forceFlush(options?.timeoutMillis ?? FORCE_FLUSH_TIMEOUT_MILLIS);
  }

  /**
   * Exports what is left within `drainTimeoutMillis`, then shuts the exporter down, whatever came before. Gives up within
   * half a second when no collector has ever been there: every connection so far was refused. Runs once.
   * Resolves also when something remained: that is counted, and said through `diag`.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#shutDown();
    return this.#shutdown;
  }

  /**
   * Ends the pipeline, and hands over one of the requests that it holds, for another to send: for a process that ends
   * before anything could be awaited. Requests in flight come first, and may have arrived all the same. Items count as
   * spilled, or as `shutdown` if the request is not taken or the exporter is not ours, because nobody else can send for it.
   * Logs nothing.
   * @returns false if nothing was held any more
   */
  handOverNext(take: TakeRequest): boolean {
    this.#silence();
    return this.#handOver.handOverNext(take);
  }

  /**
   * Ends the pipeline at once, and gives up what it holds, counted as `shutdown`. Logs nothing.
   * @returns items given up
   */
  giveUp(): number {
    this.#silence();
    return this.#handOver.giveUp();
  }

  getMetrics(): ProcessorMetrics {
    return {
      ...this.#controller.getMetrics(),
      eventsNotBuilt: this.#notBuilt,
      samplingProbability: this.#sampling?.probability ?? 1,
      exemptExceedsCapacity: this.#sampling?.exemptExceedsCapacity ?? false,
    };
  }

  #silence(): void {
    this.#log.close();
    this.#sampling?.stop();
  }

  /** Reading an item may run anything, the offer of another one included. */
  #offerMarked(item: Item, sampling: LoadSampling<Item>, mark: NonNullable<SignalItems<Item>['marked']>): boolean {
    const { mark: thresholdMark, lane } = sampling;
    let marked: Item;
    try {
      marked = mark(item, thresholdMark);
    } catch {
      this.#controller.discard('unencodable');
      return false;
    }
    sampling.leave(thresholdMark, lane);
    return this.#controller.tryPush(marked);
  }

  async #forceFlush(timeoutMillis: number): Promise<void> {
    const startedAt = now();
    const limits = { timeoutMs: timeoutMillis, absentAfterMs: ABSENT_AFTER_MILLIS };
    const flushed = await this.#resources.within(timeoutMillis, () => this.#controller.flush(limits));
    const left = Math.max(timeoutMillis - (now() - startedAt), 0);
    if (!flushed) throw new Error(`forceFlush: not everything can be exported within ${timeoutMillis} ms${this.#log.lastFailure}; it is kept and exported later`);
    await withDeadline(() => this.#flushExporter(), left, 'forceFlush of the exporter');
  }

  async #shutDown(): Promise<void> {
    this.#sampling?.stop();
    const { drainTimeoutMillis } = this.#options;
    const endsAt = now() + drainTimeoutMillis;
    const limits = { timeoutMs: drainTimeoutMillis, absentAfterMs: ABSENT_AFTER_MILLIS };
    const { remaining } = await this.#resources.within(drainTimeoutMillis, () => this.#controller.close(limits));
    quietly(() => this.#log.onShutdown(remaining));
    await this.#quietly('forceFlush of the exporter', endsAt, () => this.#flushExporter());
    await this.#quietly('shutdown of the exporter', endsAt, () => withinExport(() => this.#exporter.shutdown()));
  }

  async #flushExporter(): Promise<void> {
    await withinExport(() => this.#exporter.forceFlush?.());
  }

  /** At the end nothing may keep the next step from being reached. */
  async #quietly(what: string, endsAt: number, step: () => Promise<void>): Promise<void> {
    const left = Math.max(endsAt - now(), SHORTEST_EXPORTER_STEP_MILLIS);
    try {
      await withDeadline(step, Math.min(left, LONGEST_EXPORTER_STEP_MILLIS), what);
    } catch (error) {
      quietly(() => ownDiag.error(`${what} failed: ${errorText(error)}`));
    }
  }
}

/** The logger behind `diag` is the application's, and must not keep a shutdown from its next step. */
function quietly(say: () => void): void {
  try {
    say();
  } catch {
    // see above
  }
}
