export {
  DEFAULT_ADAPTIVE_THRESHOLD_OPTIONS,
  AdaptiveThreshold,
  type AdaptiveThresholdOptions,
} from './adaptive-threshold.ts';
export type { LoadWindow } from './load-window.ts';
export {
  type OtTraceState,
  readOtTraceState,
  withoutThreshold,
  withThreshold,
  withThresholdAhead,
} from './ot-trace-state.ts';
export {
  formatRandomness,
  isKept,
  isTraceKept,
  newRandomness,
  parseRandomness,
  type Randomness,
  randomnessOfTraceId,
  upperRandomnessOf,
} from './randomness.ts';
export {
  adjustedCountOf,
  formatThreshold,
  isAbove,
  KEEP_ALL,
  maxThreshold,
  parseThreshold,
  probabilityOf,
  roundUpThreshold,
  type Threshold,
  thresholdOf,
} from './threshold.ts';
export type { Uint56 } from './uint56.ts';
