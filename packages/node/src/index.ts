export { containerMemoryPressure, type ContainerMemoryPressureOptions } from './pressure/container-memory-pressure.ts';
export { eventLoopPressure, type EventLoopPressureOptions } from './pressure/event-loop-pressure.ts';
export { heapPressure, type HeapPressureOptions } from './pressure/heap-pressure.ts';
export {
  type Flushable,
  flushEachInvocation,
  type FlushEachInvocationOptions,
  flushWithin,
  type FlushWithinOptions,
} from '@spillway/pipeline/serverless';
export type { SdkModules } from './sdk/given-modules.ts';
export type {
  LogRecordLimits,
  MetricsOptions,
  PressureSourceName,
  SignalOptions,
  SpanLimits,
  StartOptions,
} from './sdk/start-options.ts';
export type { SdkLine } from './sdk/sdk-line.ts';
export type { SpillwayHandle } from './spillway-handle.ts';
export { start } from './start.ts';
export type { ExporterStatus, SdkStatus, SignalStatus, SpillwayStatus, SpoolStatus } from './status/status.ts';
