import { spoolingOf } from '#optional';
import {
  BackpressureController,
  type BackpressureControllerConfig,
  BackpressureStrategy,
  type FlushFunction,
  type PipelineObserver,
} from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import type { RequestBuffer } from '@spillway/otlp';
import { errorText, type ResourceLike, type ThresholdMark } from '@spillway/otlp/encoding';
import type { OtlpTransport } from '@spillway/otlp/transport';
import { destinationAt } from './destinations.ts';
import { type OtlpParts, otlpPartsOf } from './exporter/otlp-parts.ts';
import { objectFlush } from './foreign/object-flush.ts';
import { type ObjectFormat, objectListFormat } from './foreign/object-format.ts';
import type { SdkExporter } from './foreign/sdk-exporter.ts';
import { type HandOver, handOverOf, type TakeRequest } from './hand-over.ts';
import type { PipelineLog } from './log/pipeline-log.ts';
import type { PendingResources } from './pending-resources.ts';
import { type ResolvedProcessorOptions, withoutUndefined } from './processor-options.ts';
import type { LoadSampling } from './sampling/load-sampling.ts';
import type { SamplingRules } from './sampling/sampling-rules.ts';
import { ownDiag, withinExport } from './scope/export-scope.ts';
import type { Spooling } from './spool/spooling.ts';

/** The methods of the controller that a pipeline uses, however items are kept. */
export type ProcessorController<Item> = Pick<
  BackpressureController<Item, unknown>,
  | 'state'
  | 'tryPush'
  | 'mayAccept'
  | 'discard'
  | 'onNotBuilt'
  | 'supersede'
  | 'spill'
  | 'spillHeld'
  | 'start'
  | 'flush'
  | 'close'
  | 'getMetrics'
  | 'getFlowMetrics'
  | 'inspect'
  | 'observe'
>;

/** A controller in front of an exporter. */
export interface ControlledExport<Item> {
  readonly controller: ProcessorController<Item>;
  /** Hands over no requests if only the exporter can send them. */
  readonly handOver: HandOver;
  /** Absent without a spool. */
  readonly spooling?:
    | Pick<Spooling<never>, 'takes' | 'isEmpty' | 'whenWritten' | 'getMetrics' | 'close' | 'closeNow'>
    | undefined;
}

/** The rules of a signal for its items. */
export interface SignalItems<Item, Exported = Item[]> {
  readonly resourceOf: (item: Item) => ResourceLike | undefined;
  /** How items are kept for a foreign exporter. Default: it takes lists of items. */
  readonly objects?: ObjectFormat<Item, Exported>;
  /** How items are sampled under load. Default: 1 in `sampleRate` by count, without a note in the items. */
  readonly sampling?: SamplingRules<Item>;
  /** For exporters that take objects: a copy of the item that states the sampling that it has passed. */
  readonly marked?: (item: Item, mark: ThresholdMark) => Item;
  /** The lane of an item, if the options have no rule. Default: one lane for all. */
  readonly priorityOf?: (item: Item) => number;
  /** Offers what the application has made and the pipeline does not hold yet, because a page is about to be left. */
  readonly takeIn?: () => void;
  /** The signal's own observer, told before the log. */
  readonly observer?: PipelineObserver;
}

const DEFAULT_CONCURRENT_EXPORTS = 32;
/** A full batch never waits, and one that is not full is sent before the longest delay while the collector is quick. */
const SHORTEST_DELAY_SHARE = 1 / 5;
/**
 * Far above the size at which the cost of the request itself shows, and below the default limits of receivers: 20 MiB
 * for the Collector over HTTP, 4 MiB for gRPC servers.
 */
const BATCH_BYTES = 4_000_000;

/**
 * For Spillway's OTLP exporters, items are encoded when they come in and kept as bytes. For any other exporter, they
 * are kept as objects, and one export runs at a time, as the specification promises exporters.
 */
export function controlledExport<Item, Exported>(
  name: string,
  signal: Signal,
  exporter: SdkExporter<Exported>,
  items: SignalItems<Item, Exported>,
  options: ResolvedProcessorOptions<Item>,
  log: PipelineLog,
  resources: PendingResources,
  sampling: LoadSampling<Item> | undefined,
): ControlledExport<Item> {
  const shared = sharedConfig(items, options, log, sampling);
  const parts = otlpPartsOf<Item>(exporter);
  if (parts !== undefined)
    return encodedExport(name, signal, parts, items.takeIn, shared, options, log, resources, sampling);
  if (options.spool !== undefined)
    ownDiag.warn(
      `${name}: only Spillway's OTLP exporters can use a spool, and this exporter is another one; there is none`,
    );
  return objectExport(exporter, items, shared, resources);
}

/**
 * The lane of an item, by the application's rule or the signal's. A rule that throws costs no item: it goes into the
 * lowest lane, and this is logged.
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

function objectExport<Item, Exported>(
  exporter: SdkExporter<Exported>,
  items: SignalItems<Item, Exported>,
  shared: BackpressureControllerConfig<Item, never>,
  resources: PendingResources,
): ControlledExport<Item> {
  const { newBuffer, resourcesOf } = objectFormatOf(items);
  const controller = new BackpressureController<Item, Exported>(objectFlush(exporter, resourcesOf, resources), {
    ...shared,
    buffer: newBuffer(),
    maxConcurrentFlushes: 1,
  });
  return { controller, handOver: handOverOf(controller, () => false) };
}

/** Without a format of its own, a signal exports lists: `Exported` is then `Item[]` by its own default. */
function objectFormatOf<Item, Exported>(items: SignalItems<Item, Exported>): ObjectFormat<Item, Exported> {
  return items.objects ?? (objectListFormat(items.resourceOf) as unknown as ObjectFormat<Item, Exported>);
}

function encodedExport<Item, Batch>(
  name: string,
  signal: Signal,
  parts: OtlpParts<Item, Batch>,
  takeIn: (() => void) | undefined,
  shared: BackpressureControllerConfig<Item, never>,
  options: ResolvedProcessorOptions<Item>,
  log: PipelineLog,
  resources: PendingResources,
  sampling: LoadSampling<Item> | undefined,
): ControlledExport<Item> {
  const maxItemBytes = Math.min(parts.maxRequestBytes, options.maxItemBytes);
  const buffer = parts.newBuffer({ maxItemBytes, thinning: sampling });
  const { transport } = parts;
  const { spool } = options;
  const spooling = spool && spoolingOf<Batch>({ name, signal, spool, buffer, resources, log, takeIn });
  const controller = new BackpressureController(encodedFlush(buffer, transport, resources), {
    ...shared,
    ...(spooling === undefined ? {} : { overflow: spooling }),
    buffer,
    destination: destinationAt(transport.origin),
    gatheredBatchSize: options.gatheredBatchSize,
    batchBytes: Math.min(BATCH_BYTES, parts.maxRequestBytes),
    maxBatchBytes: parts.maxRequestBytes,
    maxConcurrentFlushes: Math.min(options.maxConcurrentExports ?? DEFAULT_CONCURRENT_EXPORTS, parts.concurrencyLimit),
  });
  spooling?.join(controller, transport);
  const store = (batch: Batch, items: number): boolean => spooling?.take(batch, items, 'end') === true;
  const give = (batch: Batch, itemCount: number, take: TakeRequest): boolean => {
    const body = buffer.assembleRequest(batch);
    if (transport.sendNow !== undefined) return transport.sendNow(body) !== undefined;
    const request = transport.requestOf?.(body);
    if (request === undefined || (request.protocol === 'grpc' && request.proxy !== undefined)) return false;
    return take({ ...request, signal, itemCount });
  };
  const handOver = handOverOf(controller, (batch, items, take, order) =>
    order === 'spool first'
      ? store(batch, items) || give(batch, items, take)
      : give(batch, items, take) || store(batch, items),
  );
  return { controller, handOver, spooling };
}

/** Ships batches of encoded items: puts headers around existing bytes, and makes one attempt. */
function encodedFlush<Item, Batch>(
  buffer: RequestBuffer<Item, Batch>,
  transport: OtlpTransport,
  resources: PendingResources,
): FlushFunction<Item, Batch> {
  return async (batch, { signal }) => {
    const pending = buffer.pendingResources(batch);
    if (pending.length > 0) await resources.settle(pending, signal);
    return withinExport(() => transport.send(buffer.assembleRequest(batch), signal));
  };
}

function sharedConfig<Item>(
  items: Pick<SignalItems<Item>, 'priorityOf' | 'observer'>,
  options: ResolvedProcessorOptions<Item>,
  log: PipelineLog,
  sampling: LoadSampling<Item> | undefined,
): BackpressureControllerConfig<Item, never> {
  const {
    sampleRate,
    highWatermark,
    lowWatermark,
    pressure,
    memoryBudget,
    retry,
    circuitBreaker,
    onStateChange,
    onDrop,
  } = options;
  // With sampling, an item's admission names its lane.
  const priorityOf = sampling === undefined ? priorityRule(items, options, log) : undefined;
  return {
    ...withoutUndefined({
      sampleRate,
      highWatermark,
      lowWatermark,
      priorityOf,
      pressure,
      memoryBudget,
      retry,
      circuitBreaker,
      onStateChange,
      onDrop,
    }),
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
    // Sampling comes before the controller, which then makes room like any other.
    strategy: sampling === undefined ? options.strategy : BackpressureStrategy.DROP_OLDEST,
    observers: [sampling, items.observer, log].filter((observer) => observer !== undefined),
  };
}
