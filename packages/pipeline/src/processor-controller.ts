import { BackpressureController, type BackpressureControllerConfig, BackpressureStrategy, type FlushFunction } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import { type EncodedBatch, EncodedBuffer } from '@spillway/otlp';
import { errorText, type ResourceLike, type ThresholdMark } from '@spillway/otlp/encoding';
import type { OtlpTransport, OutgoingRequest } from '@spillway/otlp/transport';
import { destinationAt } from './destinations.ts';
import { type OtlpParts, otlpPartsOf } from './exporter/otlp-parts.ts';
import type { ItemExporter } from './foreign/item-exporter.ts';
import { objectBytes } from './foreign/object-bytes.ts';
import { objectFlush } from './foreign/object-flush.ts';
import { type HandOver, handOverOf } from './hand-over.ts';
import type { PipelineLog } from './log/pipeline-log.ts';
import type { PendingResources } from './pending-resources.ts';
import { type ResolvedProcessorOptions, withoutUndefined } from './processor-options.ts';
import type { LoadSampling } from './sampling/load-sampling.ts';
import type { SamplingRules } from './sampling/sampling-rules.ts';
import { withinExport } from './scope/export-scope.ts';

/** What a pipeline uses of its controller, whichever way items are kept. */
export type ProcessorController<Item> = Pick<
  BackpressureController<Item, unknown>,
  'state' | 'tryPush' | 'mayAccept' | 'discard' | 'start' | 'flush' | 'close' | 'getMetrics'
>;

/** A controller before an exporter. */
export interface ControlledExport<Item> {
  readonly controller: ProcessorController<Item>;
  /** Hands over no requests if only the exporter can send them. */
  readonly handOver: HandOver;
}

/** What each signal says about its items. */
export interface SignalItems<Item> {
  readonly resourceOf: (item: Item) => ResourceLike | undefined;
  /** How items are sampled under load. Default: 1 in `sampleRate` by count, without a word of it in the items. */
  readonly sampling?: SamplingRules<Item>;
  /** The item with the sampling that it has passed said in it, for exporters that take objects. The item itself stays as it is. */
  readonly marked?: (item: Item, mark: ThresholdMark) => Item;
  /** The lane of an item, where the options name none. Default: all in one. */
  readonly priorityOf?: (item: Item) => number;
}

const DEFAULT_CONCURRENT_EXPORTS = 32;
/** A full batch never waits, and what is not full goes sooner than the longest delay while the collector is quick. */
const SHORTEST_DELAY_SHARE = 1 / 5;
/**
 * Far above where the cost of a request itself shows, and below what receivers refuse by default: the Collector more than 20 MiB over HTTP,
 * gRPC servers more than 4 MiB.
 */
const BATCH_BYTES = 4_000_000;

/**
 * Items for our own OTLP exporters are encoded when they come in and kept as bytes. For any other exporter they are
 * kept as they are, and one export runs at a time, as the specification promises exporters.
 */
export function controlledExport<Item>(
  signal: Signal,
  exporter: ItemExporter<Item>,
  items: SignalItems<Item>,
  options: ResolvedProcessorOptions<Item>,
  log: PipelineLog,
  resources: PendingResources,
  sampling: LoadSampling<Item> | undefined,
): ControlledExport<Item> {
  const shared = sharedConfig(items, options, log, sampling);
  const parts = otlpPartsOf<Item>(exporter);
  return parts === undefined ? objectExport(exporter, items, shared, resources) : encodedExport(signal, parts, shared, options, resources, sampling);
}

/**
 * The lane of an item, by the application's rule or the signal's. A rule that throws costs no item: it goes into the lowest
 * lane, and the log says so.
 */
export function priorityRule<Item>(
  items: Pick<SignalItems<Item>, 'priorityOf'>,
  options: Pick<ResolvedProcessorOptions<Item>, 'priorityOf'>,
  log: PipelineLog,
): ((item: Item) => number) | undefined {
  const rule = options.priorityOf ?? items.priorityOf;
  if (rule === undefined) return undefined;
  return (item) => {
    try {
      return rule(item);
    } catch (thrown) {
      log.onPriorityFailure(thrown instanceof Error ? thrown : new Error(errorText(thrown)));
      return 0;
    }
  };
}

function objectExport<Item>(
  exporter: ItemExporter<Item>,
  items: SignalItems<Item>,
  shared: BackpressureControllerConfig<Item, never>,
  resources: PendingResources,
): ControlledExport<Item> {
  const controller = new BackpressureController<Item>(objectFlush(exporter, items.resourceOf, resources), {
    ...shared,
    sizeOf: objectBytes,
    maxConcurrentFlushes: 1,
  });
  return { controller, handOver: handOverOf(controller, () => undefined) };
}

function encodedExport<Item>(
  signal: Signal,
  parts: OtlpParts<Item>,
  shared: BackpressureControllerConfig<Item, never>,
  options: ResolvedProcessorOptions<Item>,
  resources: PendingResources,
  sampling: LoadSampling<Item> | undefined,
): ControlledExport<Item> {
  const maxItemBytes = Math.min(parts.maxRequestBytes, options.maxItemBytes);
  const buffer = new EncodedBuffer<Item>({ encoder: parts.encoder, maxItemBytes, marks: sampling });
  const { transport } = parts;
  const controller = new BackpressureController(encodedFlush(buffer, transport, resources), {
    ...shared,
    buffer,
    destination: destinationAt(transport.origin),
    gatheredBatchSize: options.gatheredBatchSize,
    batchBytes: Math.min(BATCH_BYTES, parts.maxRequestBytes),
    maxBatchBytes: parts.maxRequestBytes,
    maxConcurrentFlushes: Math.min(options.maxConcurrentExports ?? DEFAULT_CONCURRENT_EXPORTS, parts.concurrencyLimit),
  });
  const requestOf = (batch: EncodedBatch, itemCount: number): OutgoingRequest | undefined => {
    const request = transport.requestOf?.(buffer.assembleRequest(batch));
    return request && { ...request, signal, itemCount };
  };
  return { controller, handOver: handOverOf(controller, requestOf) };
}

/** Ships batches of encoded items: puts headers around bytes that are there already, and makes one attempt. */
function encodedFlush<Item>(
  buffer: EncodedBuffer<Item>,
  transport: OtlpTransport,
  resources: PendingResources,
): FlushFunction<Item, EncodedBatch> {
  return async (batch, { signal }) => {
    const pending = buffer.pendingResources(batch);
    if (pending.length > 0) await resources.settle(pending, signal);
    return withinExport(() => transport.send(buffer.assembleRequest(batch), signal));
  };
}

function sharedConfig<Item>(
  items: SignalItems<Item>,
  options: ResolvedProcessorOptions<Item>,
  log: PipelineLog,
  sampling: LoadSampling<Item> | undefined,
): BackpressureControllerConfig<Item, never> {
  const { sampleRate, highWatermark, lowWatermark, pressure, memoryBudget, retry, circuitBreaker } = options;
  // Sampling has asked for the lane before it left the mark: what is asked in between might offer other items.
  const priorityOf = sampling === undefined ? priorityRule(items, options, log) : () => sampling.lane;
  return {
    ...withoutUndefined({ sampleRate, highWatermark, lowWatermark, priorityOf, pressure, memoryBudget, retry, circuitBreaker }),
    maxBufferSize: options.maxQueueSize,
    maxBufferBytes: options.maxQueueBytes,
    maxItemBytes: options.maxItemBytes,
    batchSize: options.maxExportBatchSize,
    maxBatchSize: options.maxGrownBatchSize,
    minFlushIntervalMs: options.scheduledDelayMillis * SHORTEST_DELAY_SHARE,
    maxFlushIntervalMs: options.scheduledDelayMillis,
    flushTimeoutMs: options.exportTimeoutMillis,
    targetLatencyMs: options.targetLatencyMillis,
    drainTimeoutMs: options.drainTimeoutMillis,
    // Sampling comes before the controller, which then has to make room as any other.
    strategy: sampling === undefined ? options.strategy : BackpressureStrategy.DROP_OLDEST,
    // What the application's callbacks return goes back: the controller handles the rejection of one that is async. And
    // neither the callback nor the log may keep the other from being called.
    onStateChange: (state, previous) => {
      sampling?.onStateChange(state);
      try {
        return options.onStateChange?.(state, previous);
      } finally {
        log.onStateChange(state, previous);
      }
    },
    onDrop: (reason, count) => {
      try {
        return options.onDrop?.(reason, count);
      } finally {
        log.onDrop(reason, count);
      }
    },
    onFlush: (report) => log.onFlush(report),
  };
}
