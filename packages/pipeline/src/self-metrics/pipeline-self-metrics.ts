import {
  BackpressureState,
  DROP_REASONS,
  type DropReason,
  type FlowMetrics,
  type FlushReport,
  type PipelineObserver,
  startTimer,
  type UtilizationBySource,
} from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import type { MeterSource } from '@spillway/otlp';
import type { ProcessorMetrics } from '../processor-metrics.ts';
import { ComponentAttributes } from './attributes.ts';
import type { Component, ExporterComponent } from './component.ts';
import { COLLECTION_DURATION, type ProcessorKey, processorInstruments } from './conventional-instruments.ts';
import { errorTypeOf, errorTypeOfError, FailedItems } from './error-type.ts';
import { type ExportCounts, ExporterSelfMetrics } from './exporter-self-metrics.ts';
import type { Instrument } from './instrument.ts';
import { LateInstruments, type Observe, type Observed } from './late-instruments.ts';
import { PIPELINE_INSTRUMENTS, type PipelineKey } from './own-instruments.ts';

/** A pipeline, as its self-metrics read it. */
export interface ReadPipeline {
  readonly signal: Signal;
  readonly component: Component;
  readonly exporter: ExporterComponent;
  /** Of the option of the processor or reader. */
  readonly meterSource: MeterSource | undefined;
  readonly maxQueueSize: number;
  readonly maxQueueBytes: number;
  getMetrics(): Omit<ProcessorMetrics, 'exemptExceedsCapacity'>;
  getFlowMetrics(): FlowMetrics;
  complain(error: unknown): void;
}

type Key = PipelineKey | ProcessorKey | 'collectionDuration';

const STATES = Object.values(BackpressureState);
const SOURCES = ['items', 'bytes', 'budget', 'pressure'] as const satisfies (keyof UtilizationBySource)[];
const MILLIS_PER_SECOND = 1_000;

/** The settlement of a flush ends these. Their `error.type` is the cause of the last attempt. */
const ENDED_BY_FLUSH: ReadonlySet<DropReason> = new Set(['rejected', 'too_large', 'undeliverable']);

/**
 * The conventions' word for an item that was dropped because the queue is full. Whether that item or an older one was
 * dropped is a matter of the strategy: `spillway.item.dropped` distinguishes them.
 */
const PROCESSOR_ERROR: { readonly [Reason in DropReason]?: string } = { evicted: 'queue_full' };

/** The metrics of the pipeline behind a processor or reader, and of its exporter. */
export class PipelineSelfMetrics implements PipelineObserver, Observed<Key> {
  readonly #pipeline: ReadPipeline;
  readonly #attributes: ComponentAttributes;
  readonly #instruments: LateInstruments<Key> | undefined;
  readonly #exporter: ExporterSelfMetrics | undefined;
  readonly #failed = new FailedItems();

  constructor(pipeline: ReadPipeline) {
    this.#pipeline = pipeline;
    const { signal, component, exporter, meterSource } = pipeline;
    const complain = (error: unknown): void => pipeline.complain(error);
    this.#attributes = new ComponentAttributes(component);
    this.#instruments = meterSource && new LateInstruments(tableOf(signal), meterSource, this, complain);
    const exporterSource = exporter.meterSource ?? meterSource;
    this.#exporter =
      exporterSource && new ExporterSelfMetrics(signal, exporter, exporterSource, () => this.#exportCounts(), complain);
  }

  /** Looks for the meter provider. */
  refresh(): void {
    this.#instruments?.refresh();
    this.#exporter?.refresh();
  }

  onStateChange(): void {
    this.refresh();
  }

  onFlush({ outcome, items, latencyMs, operationMs }: FlushReport): void {
    this.refresh();
    this.#exporter?.onAttempt(outcome, latencyMs);
    if (operationMs === undefined) return;
    this.#exporter?.onOperation(outcome, operationMs);
    const type = errorTypeOf(outcome);
    if (type !== undefined) this.#failed.add(type, outcome.kind === 'delivered' ? (outcome.rejected ?? 0) : items);
  }

  /** The reader has collected. @param error why not, or not everything */
  onCollection(millis: number, error: unknown): void {
    this.refresh();
    const attributes =
      error === undefined
        ? this.#attributes.plain
        : { ...this.#attributes.plain, 'error.type': errorTypeOfError(error) };
    this.#instruments?.record('collectionDuration', millis / MILLIS_PER_SECOND, attributes);
  }

  observe(observe: Observe<Key>): void {
    const { signal, maxQueueSize, maxQueueBytes } = this.#pipeline;
    const metrics = this.#pipeline.getMetrics();
    const flow = this.#pipeline.getFlowMetrics();
    const { plain } = this.#attributes;
    if (signal !== 'metrics') {
      observe('queueSize', flow.queued, plain);
      observe('queueCapacity', maxQueueSize, plain);
      this.#observeProcessed(observe, flow);
      observe('samplingProbability', metrics.samplingProbability, plain);
    }
    for (const state of STATES)
      observe('state', state === metrics.state ? 1 : 0, this.#attributes.with('spillway.state', state));
    for (const source of SOURCES) {
      const utilization = flow.utilizationBySource[source];
      if (utilization !== undefined)
        observe('utilization', utilization, this.#attributes.with('spillway.utilization.source', source));
    }
    observe('memoryUsage', metrics.bufferBytes, plain);
    observe('memoryLimit', maxQueueBytes, plain);
    observe('offered', metrics.eventsOffered, plain);
    // Also 0, because the increase of a series that begins with a loss would not show that loss.
    for (const reason of DROP_REASONS)
      observe('dropped', metrics.droppedByReason[reason], this.#attributes.with('spillway.drop.reason', reason));
    observe('notBuilt', metrics.eventsNotBuilt, plain);
    observe('retried', metrics.eventsRetried, plain);
    observe('setAside', metrics.setAside, plain);
    observe('throttled', flow.throttledMs / MILLIS_PER_SECOND, plain);
    observe('circuitOpen', flow.circuitOpenMs / MILLIS_PER_SECOND, plain);
    observe('requestsInFlight', metrics.flushesInFlight, plain);
    observe('requestLimit', metrics.concurrency, plain);
    if (metrics.spool === undefined) return;
    observe('spoolItems', metrics.spool.items, plain);
    observe('spoolSize', metrics.spool.bytes, plain);
  }

  /** The pipeline has ended. */
  end(): void {
    this.#instruments?.end();
    this.#exporter?.end();
  }

  /** Several reasons may have the same `error.type`. */
  #observeProcessed(observe: Observe<Key>, { eventsTaken, lostBeforeTake }: FlowMetrics): void {
    observe('processed', eventsTaken, this.#attributes.plain);
    const counts = new Map([['queue_full', 0]]);
    for (const reason of DROP_REASONS) {
      const count = lostBeforeTake[reason];
      const type = PROCESSOR_ERROR[reason] ?? reason;
      if (count > 0) counts.set(type, (counts.get(type) ?? 0) + count);
    }
    for (const [type, count] of counts) observe('processed', count, this.#attributes.with('error.type', type));
  }

  #exportCounts(): ExportCounts {
    const { eventsFlushed } = this.#pipeline.getMetrics();
    const { unsettled, lostAfterTake } = this.#pipeline.getFlowMetrics();
    const failed = new Map(this.#failed);
    for (const reason of DROP_REASONS) {
      const count = lostAfterTake[reason];
      if (count > 0 && !ENDED_BY_FLUSH.has(reason)) failed.set(reason, (failed.get(reason) ?? 0) + count);
    }
    return { inflight: unsettled, delivered: eventsFlushed, failed };
  }
}

/** The instruments of the other kind of signal are never observed, and must not exist either. */
function tableOf(signal: Signal): Readonly<Record<Key, Instrument>> {
  const { samplingProbability, ...common } = PIPELINE_INSTRUMENTS;
  const own =
    signal === 'metrics'
      ? { collectionDuration: COLLECTION_DURATION }
      : { samplingProbability, ...processorInstruments(signal) };
  return { ...common, ...own } as Readonly<Record<Key, Instrument>>;
}

export function selfMetricsOf(pipeline: ReadPipeline): PipelineSelfMetrics {
  const selfMetrics = new PipelineSelfMetrics(pipeline);
  selfMetrics.refresh();
  // Most providers are registered in the same turn of the event loop, after the processors that they are made of.
  startTimer(() => selfMetrics.refresh(), 0);
  return selfMetrics;
}
