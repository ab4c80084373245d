import type { Context } from '@opentelemetry/api';
import { above0, BackpressureState } from '@spillway/backpressure';
import {
  BackpressureProcessor,
  type ForceFlushOptions,
  isWithinExport,
  type ItemExporter,
  type ProcessorOptions,
  type HandOverOrder,
  type TakeRequest,
} from '@spillway/pipeline';
import { LossReportSender } from './loss-report-sender.ts';
import { OtlpLogRecordExporter } from './otlp-log-record-exporter.ts';
import type { ReadableLogRecordLike } from './readable-log-record.ts';
import { RepeatedRecords } from './repeated-records.ts';
import { type LogRecordKeep, logRecordSamplingRules } from './sampling/log-record-sampling-rules.ts';
import { markedLogRecord } from './sampling/sampling-attributes.ts';
import { severityLane } from './severity-priority.ts';

/** Options of {@link BackpressureLogRecordProcessor}. */
export interface BackpressureLogRecordProcessorOptions extends ProcessorOptions<ReadableLogRecordLike> {
  /**
   * Where log records go. An {@link OtlpLogRecordExporter} gets them encoded, in many concurrent requests; any other
   * `LogRecordExporter` gets them as objects, one export at a time. Default: an `OtlpLogRecordExporter` that the
   * environment configures.
   */
  readonly exporter?: ItemExporter<never> | undefined;
  /**
   * While the state is not NORMAL, records that repeat another one (same body, severity and scope) within this many
   * milliseconds are replaced by one record that counts them, `log_count`. Default: no records are combined.
   */
  readonly deduplicationWindowMillis?: number | undefined;
  /**
   * Whether this processor sends a record about what any pipeline of the process has lost (`spillway.telemetry.lost`),
   * once a minute at most for each pipeline. Default `false`; `true` for the registration of `@spillway/node`.
   */
  readonly lossReports?: boolean | undefined;
  /** With strategy `sample`: which records are kept whatever the load, in addition to severity WARN and above. */
  readonly keep?: LogRecordKeep | undefined;
}

/** The arguments with which the SDK calls {@link BackpressureLogRecordProcessor.enabled}. */
export interface EnabledOptions {
  readonly context?: Context | undefined;
  readonly instrumentationScope?: unknown;
  readonly severityNumber?: number | undefined;
  readonly eventName?: string | undefined;
}

/** Above every lane: if a record is refused there, every record is refused. */
const ANY_LANE = Infinity;

/**
 * A log record processor that keeps every record while the collector is slow, throttled or gone, within bounds, without
 * slowing the application down. It drops the least severe records first. For the `processors` of a `LoggerProvider` of
 * OpenTelemetry 2.x (sdk-logs 0.2xx) or 3.x.
 */
export class BackpressureLogRecordProcessor extends BackpressureProcessor<ReadableLogRecordLike> {
  /** `undefined` if deduplication is off, and after the shutdown. */
  #repeated: RepeatedRecords | undefined;
  /**
   * The lane of a severity. If the application has its own rule, the lane depends on the record, and this is any lane.
   */
  readonly #laneOf: (severityNumber: number | undefined) => number;
  /** `undefined` if it sends no reports, and after the shutdown. Kept here because the pipelines refer to it weakly. */
  #lossReports: LossReportSender | undefined;

  /** @throws RangeError or TypeError that names option and value */
  constructor(options: BackpressureLogRecordProcessorOptions = {}) {
    const {
      exporter = new OtlpLogRecordExporter(),
      deduplicationWindowMillis,
      lossReports = false,
      keep,
      ...processorOptions
    } = options;
    if (deduplicationWindowMillis !== undefined) above0('deduplicationWindowMillis', deduplicationWindowMillis);
    // Records come from the SDK that the exporter belongs to, so they have every field that the exporter reads.
    const recordExporter = exporter as ItemExporter<ReadableLogRecordLike>;
    super(
      'BackpressureLogRecordProcessor',
      'logs',
      recordExporter,
      { ...LOG_RECORDS, sampling: logRecordSamplingRules(keep) },
      processorOptions,
    );
    if (deduplicationWindowMillis !== undefined) {
      this.#repeated = new RepeatedRecords(deduplicationWindowMillis, (summary) => void this.pipeline.offer(summary));
    }
    this.#laneOf = options.priorityOf === undefined ? laneOfUnbuilt : () => ANY_LANE;
    if (lossReports) this.#lossReports = new LossReportSender(this.pipeline);
  }

  /** Takes a record as it is now. Never throws, never waits. */
  onEmit(record: ReadableLogRecordLike, context?: Context): void {
    if (isWithinExport(context)) this.pipeline.discard('feedback');
    else if (this.#repeated !== undefined && this.pipeline.state !== BackpressureState.NORMAL)
      this.#offerOnce(record, this.#repeated);
    else this.pipeline.offer(record);
  }

  /**
   * Whether the SDK should build a record of that severity at all. False only if the record would be refused for lack
   * of room, or after the shutdown.
   */
  enabled(options?: EnabledOptions): boolean {
    if (this.#repeated !== undefined || this.pipeline.mayAccept(this.#laneOf(options?.severityNumber))) return true;
    this.pipeline.onNotBuilt();
    return false;
  }

  override forceFlush(options?: ForceFlushOptions): Promise<void> {
    this.#repeated?.endWindow();
    this.#lossReports?.flush();
    return super.forceFlush(options);
  }

  override shutdown(): Promise<void> {
    this.#endRecordsOfItsOwn();
    return super.shutdown();
  }

  override handOverNext(take: TakeRequest, order?: HandOverOrder): boolean {
    this.#endRecordsOfItsOwn();
    return super.handOverNext(take, order);
  }

  override giveUp(): number {
    this.#endRecordsOfItsOwn();
    return super.giveUp();
  }

  /** Summaries and reports come before the end, so that they are sent. */
  #endRecordsOfItsOwn(): void {
    this.#repeated?.close();
    this.#repeated = undefined;
    this.#lossReports?.end();
    this.#lossReports = undefined;
  }

  #offerOnce(record: ReadableLogRecordLike, repeated: RepeatedRecords): void {
    if (quietly(() => repeated.absorb(record))) this.pipeline.discard('deduplicated');
    else if (this.pipeline.offer(record)) quietly(() => repeated.remember(record));
  }
}

/** A record that cannot be read is offered nevertheless, so that it is counted when it fails. */
function quietly(step: () => boolean | void): boolean {
  try {
    return step() === true;
  } catch {
    return false;
  }
}

/** Without a severity, the question is about any lane, because another processor may still set a severity. */
function laneOfUnbuilt(severityNumber: number | undefined): number {
  return typeof severityNumber === 'number' && severityNumber >= 1 ? severityLane(severityNumber) : ANY_LANE;
}

const LOG_RECORDS = {
  resourceOf: (record: ReadableLogRecordLike) => record.resource,
  priorityOf: (record: ReadableLogRecordLike) => severityLane(record.severityNumber),
  marked: markedLogRecord,
};
