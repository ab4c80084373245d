export { Collector, type CollectorOptions, type CollectorTls, startCollector } from './collector.ts';
export { SpawnedCollector, spawnCollector } from './spawn-collector.ts';
export type { CollectorLoad } from './collector-commands.ts';
export type {
  AnswerBeforeBodyFault,
  CloseBeforeAnswerFault,
  Fault,
  FaultKind,
  GarbageResponseFault,
  HangFault,
  HugeResponseFault,
  LatencyFault,
  LimitedFault,
  MaxBodyFault,
  NotHttpFault,
  PartialSuccessFault,
  PoisonFault,
  ReadFault,
  ResetFault,
  ResetMidRequestFault,
  SlowDripFault,
  StatusFault,
} from './fault.ts';
export type { FaultChoice } from './fault-schedule.ts';
export type { CollectorCounts, RequestRecord, SignalCounts } from './request-record.ts';
export type { AcceptedIds } from './signal-store.ts';
export { MetricTotals } from './metric-totals.ts';
export { olderAfterNewer, type PointAttributes, seriesOf, valueOf } from './series.ts';
export type { EventSignal, SignalName } from './signal.ts';
export type { Tally } from './tally.ts';
export type { UntilOptions } from './watchers.ts';
export { LOG_RECORD_ID_ATTRIBUTE } from './log-store.ts';
export { mintCertificates, type Certificates, type Identity } from './certificates.ts';
export { type Definitions, loadDefinitions } from './definitions.ts';
export {
  type OtlpBuckets,
  type OtlpExemplar,
  type OtlpExponentialHistogramDataPoint,
  type OtlpHistogramDataPoint,
  type OtlpNumberDataPoint,
  type OtlpSummaryDataPoint,
  type ReceivedDataPoint,
  TEMPORALITY,
} from './metric-messages.ts';
export type {
  Integer64,
  Origin,
  OtlpAnyValue,
  OtlpKeyValue,
  OtlpLogRecord,
  OtlpResource,
  OtlpScope,
  OtlpSpan,
  OtlpSpanEvent,
  OtlpSpanLink,
  ReceivedLogRecord,
  ReceivedSpan,
} from './otlp-messages.ts';
