import { withSelfMetrics } from '#optional';
import {
  type BackpressureState,
  BackpressureStrategy,
  type DropReason,
  REPORT_ADMISSION,
  type PipelineObserver,
} from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import { errorText, type ResourceLike } from '@spillway/otlp/encoding';
import { KEEP_ALL, type Threshold } from '@spillway/sampling';
import { otlpPartsOf } from './exporter/otlp-parts.ts';
import type { SdkExporter } from './foreign/sdk-exporter.ts';
import type { HandOver, HandOverOrder, TakeRequest } from './hand-over.ts';
import { FirstResource } from './loss-reports/first-resource.ts';
import { LossReporter } from './loss-reports/loss-reporter.ts';
import { liveDestination } from './live-destination.ts';
import { type PipelineInspection, registerPipeline } from './live-pipelines.ts';
import { PipelineLog } from './log/pipeline-log.ts';
import { PendingResources } from './pending-resources.ts';
import { PipelineLife } from './pipeline-life.ts';
import type { ProcessorMetrics } from './processor-metrics.ts';
import {
  controlledExport,
  type ControlledExport,
  priorityRule,
  type ProcessorController,
  type SignalItems,
} from './controlled-export.ts';
import { type ProcessorOptions, type ResolvedProcessorOptions, resolveProcessorOptions } from './processor-options.ts';
import { LoadSampling } from './sampling/load-sampling.ts';
import { SampledEntrance } from './sampling/sampled-entrance.ts';
import { type Component, componentOf, type ExporterComponent, foreignComponent } from './self-metrics/component.ts';
import type { PipelineSelfMetrics } from './self-metrics/pipeline-self-metrics.ts';
import { ownDiag } from './scope/export-scope.ts';

/** Upstream's default for `forceFlush`, because most callers give none. */
export const FORCE_FLUSH_TIMEOUT_MILLIS = 30_000;

export interface ForceFlushOptions {
  /** Milliseconds after which the promise rejects; exports in flight go on. Default 30 000. */
  readonly timeoutMillis?: number | undefined;
}

/**
 * The part behind the processor or reader of any signal: a controller between the SDK's hooks and an exporter, with the
 * life cycle of the SDK specification. A signal adds only its encoder and its rules.
 */
export class ExportPipeline<Item, Exported = Item[]> implements HandOver {
  readonly #exporter: SdkExporter<Exported>;
  readonly #options: ResolvedProcessorOptions<Item>;
  readonly #controller: ProcessorController<Item>;
  readonly #spooling: ControlledExport<Item>['spooling'];
  readonly #component: Component;
  readonly #log: PipelineLog;
  readonly #sampling: LoadSampling<Item> | undefined;
  readonly #entrance: SampledEntrance<Item>;
  readonly #selfMetrics: () => PipelineSelfMetrics | undefined;
  readonly #losses: LossReporter;
  readonly #firstResource: FirstResource<Item>;
  readonly #life: PipelineLife<Item>;
  readonly #unregister: () => void;
  #notBuilt = 0;

  /**
   * @param name the processor's, for messages
   * @throws RangeError or TypeError that names option and value
   */
  constructor(
    name: string,
    signal: Signal,
    exporter: SdkExporter<Exported>,
    items: SignalItems<Item, Exported>,
    options: ProcessorOptions<Item>,
  ) {
    if (typeof exporter?.export !== 'function') {
      throw new TypeError(`${name}: exporter must be an object with an export function, got ${typeof exporter}`);
    }
    this.#exporter = exporter;
    this.#log = new PipelineLog(name, signal);
    this.#options = resolveProcessorOptions(signal, options, (message) => ownDiag.warn(`${name}: ${message}`));
    if (items.sampling !== undefined && this.#options.strategy === BackpressureStrategy.SAMPLE) {
      // The metrics are read while the controller is being constructed, if it begins under load.
      const priorityOf = priorityRule(items, this.#options, this.#log);
      this.#sampling = new LoadSampling(items.sampling, priorityOf, this.#options, {
        metrics: () => this.#controller?.getMetrics(),
        isSpared: () => this.#spooling?.takes === true,
      });
    }
    const resources = new PendingResources(name, this.#options.exportTimeoutMillis);
    const controlled = controlledExport(
      name,
      signal,
      exporter,
      items,
      this.#options,
      this.#log,
      resources,
      this.#sampling,
    );
    this.#controller = controlled.controller;
    this.#spooling = controlled.spooling;
    const marked = otlpPartsOf(exporter) === undefined ? items.marked : undefined;
    this.#entrance = new SampledEntrance(this.#controller, this.#sampling, marked);
    this.#component = componentOf(name);
    this.#selfMetrics = this.#measure(signal, otlpPartsOf(exporter)?.component ?? foreignComponent(exporter));
    this.#firstResource = new FirstResource(items.resourceOf);
    this.#losses = new LossReporter(() => ({ signal, component: this.#component, resource: this.resource }));
    this.#controller.observe(this.#losses);
    this.#life = new PipelineLife({
      ...controlled,
      exporter,
      log: this.#log,
      losses: this.#losses,
      resources,
      sampling: this.#sampling,
      selfMetrics: this.#selfMetrics,
      onEnd: () => this.#unregister(),
    });
    this.#controller.start();
    this.#unregister = registerPipeline(name, signal, this);
  }

  /** Offers an item. Never throws, never waits. @returns whether it was accepted; if not, a counter says why */
  offer(item: Item): boolean {
    this.#firstResource.onItem(item);
    return this.#entrance.offer(item);
  }

  /**
   * Offers a report about losses: before all items, and never sampled. Losses of reports are not reported.
   * @returns whether it was accepted
   */
  offerReport(report: Item): boolean {
    return this.#losses.carry(() => this.#controller.tryPush(report, REPORT_ADMISSION));
  }

  /** The resource of the first item; `undefined` if there was none. */
  get resource(): ResourceLike | undefined {
    return this.#firstResource.resource;
  }

  /** The threshold that items must pass at present; `KEEP_ALL` if nothing is sampled. */
  get samplingThreshold(): Threshold {
    return this.#sampling?.threshold ?? KEEP_ALL;
  }

  /** Whether an item of that lane might be accepted now: see `BackpressureController.mayAccept`. */
  mayAccept(lane: number): boolean {
    return this.#controller.mayAccept(lane);
  }

  /** Counts an item that its processor drops by its own rule, as offered and refused. */
  discard(reason: DropReason): void {
    this.#controller.discard(reason);
  }

  /** Counts an item that was not even built, because it would have been refused or sampled out. */
  onNotBuilt(): void {
    this.#notBuilt += 1;
    this.#controller.onNotBuilt();
  }

  /**
   * Gives up everything that waits to be sent, because newer values will replace it (counted as `superseded`).
   * @returns items given up
   */
  supersede(): number {
    return this.#controller.supersede();
  }

  /** Whether the spool has items that wait to be resent. False without a spool. */
  get hasStored(): boolean {
    return this.#spooling?.isEmpty === false;
  }

  /** Stores everything that waits to be sent in the spool. @returns whether nothing waits any more */
  spill(): boolean {
    return this.#controller.spill();
  }

  /** Logs trouble that is not a loss, at the first time and then at intervals. @param what also tells its kind */
  complain(what: string, error: unknown): void {
    this.#log.complain(what, error instanceof Error ? error : new Error(errorText(error)));
  }

  /**
   * A reader has collected, for the self-metrics.
   * @param error why not, or not everything; `undefined` for a success
   */
  onCollection(millis: number, error: unknown): void {
    this.#selfMetrics()?.onCollection(millis, error);
  }

  get state(): BackpressureState {
    return this.#controller.state;
  }

  /**
   * Resolves once every item received before has been exported or dropped, and the exporter has flushed. With a spool,
   * items that are not exported in time are stored, and it resolves when they are in files.
   * @throws (rejects) if that took too long, or the exporter's own `forceFlush` failed; within half a second if no
   *   collector has ever been there, whatever the time-out. Items that were not exported are kept
   */
  forceFlush(options?: ForceFlushOptions): Promise<void> {
    return this.#life.forceFlush(options?.timeoutMillis ?? FORCE_FLUSH_TIMEOUT_MILLIS);
  }

  /**
   * Resolves once every item received before has been exported or dropped.
   * @throws (rejects) like {@link forceFlush}, without the exporter's part
   */
  flushItems(timeoutMillis: number): Promise<void> {
    return this.#life.flushItems(timeoutMillis);
  }

  /**
   * Exports the remaining items within a time, then shuts the exporter down in any case. With a spool, items are taken
   * meanwhile, and stored at the end with all that could not be exported. Gives up within half a second
   * if no collector has ever been there, which means that every connection so far was refused. Runs once. Resolves even
   * if items remained: they are counted, and logged through `diag`.
   * @param timeoutMillis default: `drainTimeoutMillis`
   */
  shutdown(timeoutMillis: number = this.#options.drainTimeoutMillis): Promise<void> {
    return this.#life.shutdown(timeoutMillis);
  }

  /**
   * Ends the pipeline, and hands over one of the requests that it holds, to be sent by another process: for a process
   * that ends before anything can be awaited. Requests in flight come first, and may have arrived anyway. Items count
   * as spilled. With a spool, they go there, if it takes them, before or after the
   * taker is asked. They count as `drain_timeout` if nobody takes the request,
   * or if the exporter is a foreign one, because only it can send them. Logs nothing of that, only what was
   * lost before.
   * @returns false if nothing was held any more
   */
  handOverNext(take: TakeRequest, order?: HandOverOrder): boolean {
    return this.#life.handOverNext(take, order);
  }

  /**
   * Ends the pipeline immediately, and drops the items that it holds, counted as `drain_timeout`. Logs nothing of
   * that, only what was lost before.
   * @returns the dropped items
   */
  giveUp(): number {
    return this.#life.giveUp();
  }

  getMetrics(): ProcessorMetrics {
    const metrics = {
      ...this.#controller.getMetrics(),
      eventsNotBuilt: this.#notBuilt,
      samplingProbability: this.#sampling?.probability ?? 1,
      exemptExceedsCapacity: this.#sampling?.exemptExceedsCapacity ?? false,
    };
    return this.#spooling === undefined ? metrics : { ...metrics, spool: this.#spooling.getMetrics() };
  }

  /** Why the pipeline is in its state, and where it sends. Contains no secret. */
  inspect(): PipelineInspection {
    return {
      ...this.#controller.inspect(),
      destination: liveDestination(this.#exporter, otlpPartsOf(this.#exporter)?.transport),
      samplingProbability: this.#sampling?.probability ?? 1,
    };
  }

  /** @returns a function that returns the self-metrics, if they are wanted and their code is loaded */
  #measure(signal: Signal, exporter: ExporterComponent): () => PipelineSelfMetrics | undefined {
    if (this.#options.meterSource === undefined && exporter.meterSource === undefined) return () => undefined;
    const complain = (error: unknown): void => this.complain('self-metrics cannot be recorded', error);
    return withSelfMetrics(({ selfMetricsOf }) => {
      const selfMetrics = selfMetricsOf({
        ...this.#options,
        signal,
        component: this.#component,
        exporter,
        getMetrics: () => this.getMetrics(),
        getFlowMetrics: () => this.#controller.getFlowMetrics(),
        complain,
      });
      this.#controller.observe(selfMetrics);
      return selfMetrics;
    }, complain);
  }

  /** Adds an observer, which is told after all others. @returns a function that removes it */
  observe(observer: PipelineObserver): () => void {
    return this.#controller.observe(observer);
  }
}
