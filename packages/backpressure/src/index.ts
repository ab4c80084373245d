export { type Admission, admissionTo, REPORT_ADMISSION } from './admission.ts';
export { DEFAULT_RETRY, type ResolvedRetryOptions, type RetryOptions } from './backoff.ts';
export {
  type BackpressureConfig,
  type BackpressureControllerConfig,
  type ControllerOptions,
  DEFAULT_BACKPRESSURE_CONFIG,
} from './backpressure-config.ts';
export { BackpressureController } from './backpressure-controller.ts';
export type { BackpressureMetrics } from './backpressure-metrics.ts';
export { BackpressureState } from './backpressure-state.ts';
export { BackpressureStrategy } from './backpressure-strategy.ts';
export type { BatchBuffer } from './batch-buffer.ts';
export { BoundedBuffer } from './bounded-buffer.ts';
export type { BudgetShare } from './budget-share.ts';
export { defer, LONGEST_DELAY_MS, now, startDeadline, startTimer, type Timer, wallTime } from './clock.ts';
export {
  type CircuitBreakerOptions,
  type CircuitState,
  DEFAULT_CIRCUIT_BREAKER,
  type ResolvedCircuitBreakerOptions,
} from './circuit-breaker.ts';
export { Destination, type DestinationUser, type FlushStart } from './destination.ts';
export type { ControllerInspection } from './controller-inspection.ts';
export type { DrainOptions, DrainResult } from './drain.ts';
export { DROP_REASONS, type DropReason } from './drop-reason.ts';
export type { FlowMetrics } from './flow-metrics.ts';
export { FlushGate, type Pause } from './flush-gate.ts';
export type { FlushContext, FlushFunction, FlushOutcome, FlushResult } from './flush-outcome.ts';
export type { FlushReport } from './flush-report.ts';
export { FlushTimeoutError } from './flush-result.ts';
export { MemoryBudget } from './memory-budget.ts';
export { ObjectBuffer } from './object-buffer.ts';
export type { Overflow, SpillOccasion } from './overflow.ts';
export type { UtilizationBySource } from './occupancy.ts';
export { Presence } from './presence.ts';
export { Observers, type PipelineObserver } from './observers.ts';
export type { PressedMemory, PressureSource } from './pressure-source.ts';
export type { Readmission, Replay } from './replay.ts';
export type { StreamOptions } from './stream/stream-options.ts';
export { weakReference } from './weak-reference.ts';
export { above0, finiteFrom0, finiteFrom1, from0, notAbove, share, wholeFrom1 } from './option-checks.ts';
