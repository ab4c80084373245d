/** The level of backpressure. It follows from how full the buffer is. */
export const BackpressureState = {
  /** Below the low watermark. */
  NORMAL: 'normal',
  /** From the low watermark. */
  ELEVATED: 'elevated',
  /** From the high watermark. */
  CRITICAL: 'critical',
  /** Full. */
  BLOCKED: 'blocked',
  /** A drain is running: nothing new is taken in. */
  DRAINING: 'draining',
} as const;

/** One of the values of {@link BackpressureState}. */
export type BackpressureState = (typeof BackpressureState)[keyof typeof BackpressureState];
