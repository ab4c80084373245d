import { share } from '@spillway/backpressure';

/** The range in which something presses, as shares of its limit, 0 to 1. */
export interface PressureRange {
  /** Up to this share there is no pressure: utilization 0. */
  readonly startAt?: number | undefined;
  /** From this share on, the pressure is full: utilization 1. In between, it grows linearly. */
  readonly fullAt?: number | undefined;
}

/**
 * @returns a function that turns a share into utilization
 * @throws TypeError or RangeError that names option and value
 */
export function utilizationWithin(
  range: PressureRange,
  defaults: { readonly startAt: number; readonly fullAt: number },
): (used: number) => number {
  const startAt = share('startAt', range.startAt ?? defaults.startAt);
  const fullAt = share('fullAt', range.fullAt ?? defaults.fullAt);
  if (!(startAt < fullAt)) throw new RangeError(`startAt (${startAt}) must be below fullAt (${fullAt})`);
  return (used) => {
    const utilization = (used - startAt) / (fullAt - startAt);
    // A share that cannot be read is NaN, and counts as no pressure.
    return utilization > 0 ? Math.min(utilization, 1) : 0;
  };
}
