import type { Context } from '@opentelemetry/api';
import { above0, BackpressureState } from '@spillway/backpressure';
import { BackpressureProcessor, type ForceFlushOptions, isWithinExport, type ItemExporter, type ProcessorOptions, type TakeRequest } from '@spillway/pipeline';
import { OtlpLogRecordExporter } from './otlp-log-record-exporter.ts';
import type { ReadableLogRecordLike } from './readable-log-record.ts';
import { RepeatedRecords } from './repeated-records.ts';
import { type LogRecordKeep, logRecordSamplingRules } from './sampling/log-record-sampling-rules.ts';
import { markedLogRecord } from './sampling/sampling-attributes.ts';
import { severityLane } from './severity.ts';

/** Options of {@link BackpressureLogRecordProcessor}. */
export interface BackpressureLogRecordProcessorOptions extends ProcessorOptions<ReadableLogRecordLike> {
  /**
   * Where log records go. An {@link OtlpLogRecordExporter} gets them encoded, many requests at a time; any other
   * `LogRecordExporter` gets them as objects, one export at a time. Default: an `OtlpLogRecordExporter` as the
   * environment describes it.
   */
  readonly exporter?: ItemExporter<never> | undefined;
  /**
   * While the state is not NORMAL, records that say the same (body, severity and scope) as one within this many
   * milliseconds are told in one record that counts them, `log_count`. Default: no record is put together with others.
   */
  readonly deduplicationWindowMillis?: number | undefined;
  /** With strategy `sample`: which records are kept whatever the load, beside those of severity WARN and above. */
  readonly keep?: LogRecordKeep | undefined;
}

/** What the SDK asks {@link BackpressureLogRecordProcessor.enabled} about. */
export interface EnabledOptions {
  readonly context?: Context | undefined;
  readonly instrumentationScope?: unknown;
  readonly severityNumber?: number | undefined;
  readonly eventName?: string | undefined;
}

/** Above every lane: what is refused there is refused whatever it is. */
const ANY_LANE = Infinity;

/**
 * A log record processor that keeps every record while the collector is slow, throttled or gone, within bounds, gives
 * up the least severe first, and does not slow the application down. For the `processors` of a `LoggerProvider` of
 * OpenTelemetry 2.x (sdk-logs 0.2xx) or 3.x.
 */
export class BackpressureLogRecordProcessor extends BackpressureProcessor<ReadableLogRecordLike> {
  /** `undefined` where it is not asked for, and after the shutdown. */
  #repeated: RepeatedRecords | undefined;
  /** The lane that a severity makes for; where the application has a rule of its own, only the record itself can tell. */
  readonly #laneOf: (severityNumber: number | undefined) => number;

  /** @throws RangeError or TypeError that names option and value */
  constructor(options: BackpressureLogRecordProcessorOptions = {}) {
    const { exporter = new OtlpLogRecordExporter(), deduplicationWindowMillis, keep, ...processorOptions } = options;
    if (deduplicationWindowMillis !== undefined) above0('deduplicationWindowMillis', deduplicationWindowMillis);
    // Records come from the SDK that the exporter belongs to: whatever it reads of a record beyond ours is there.
    const recordExporter = exporter as ItemExporter<ReadableLogRecordLike>;
    super('BackpressureLogRecordProcessor', 'logs', recordExporter, { ...LOG_RECORDS, sampling: logRecordSamplingRules(keep) }, processorOptions);
    if (deduplicationWindowMillis !== undefined) {
      this.#repeated = new RepeatedRecords(deduplicationWindowMillis, (summary) => void this.pipeline.offer(summary));
    }
    this.#laneOf = options.priorityOf === undefined ? laneOfUnbuilt : () => ANY_LANE;
  }

  /** Takes a record as it is now. Never throws, never waits. */
  onEmit(record: ReadableLogRecordLike, context?: Context): void {
    if (isWithinExport(context)) this.pipeline.discard('feedback');
    else if (this.#repeated !== undefined && this.pipeline.state !== BackpressureState.NORMAL) this.#offerOnce(record, this.#repeated);
    else this.pipeline.offer(record);
  }

  /**
   * Whether the SDK should build a record of that severity at all: false only where the record would be refused for
   * want of room, or after the shutdown.
   */
  enabled(options?: EnabledOptions): boolean {
    if (this.#repeated !== undefined || this.pipeline.mayAccept(this.#laneOf(options?.severityNumber))) return true;
    this.pipeline.onNotBuilt();
    return false;
  }

  override forceFlush(options?: ForceFlushOptions): Promise<void> {
    this.#repeated?.endWindow();
    return super.forceFlush(options);
  }

  override shutdown(): Promise<void> {
    this.#endSummaries();
    return super.shutdown();
  }

  override handOverNext(take: TakeRequest): boolean {
    this.#endSummaries();
    return super.handOverNext(take);
  }

  override giveUp(): number {
    this.#endSummaries();
    return super.giveUp();
  }

  #endSummaries(): void {
    this.#repeated?.close();
    this.#repeated = undefined;
  }

  #offerOnce(record: ReadableLogRecordLike, repeated: RepeatedRecords): void {
    if (quietly(() => repeated.absorb(record))) this.pipeline.discard('deduplicated');
    else if (this.pipeline.offer(record)) quietly(() => repeated.remember(record));
  }
}

/** A record that cannot be read is offered all the same, so that it is counted where it fails. */
function quietly(step: () => boolean | void): boolean {
  try {
    return step() === true;
  } catch {
    return false;
  }
}

/** Whoever names no severity asks for any; and a record without one may get one from another processor. */
function laneOfUnbuilt(severityNumber: number | undefined): number {
  return typeof severityNumber === 'number' && severityNumber >= 1 ? severityLane(severityNumber) : ANY_LANE;
}

const LOG_RECORDS = {
  resourceOf: (record: ReadableLogRecordLike) => record.resource,
  priorityOf: (record: ReadableLogRecordLike) => severityLane(record.severityNumber),
  marked: markedLogRecord,
};
