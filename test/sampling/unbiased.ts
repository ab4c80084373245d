import { expect } from 'vitest';
import { type CountEstimate, meanOf } from './count-estimate.ts';

/** What was estimated of one stream, and how many spans it really had. */
export interface Estimated extends CountEstimate {
  readonly made: number;
}

/** Of a thousand means three are further off by chance. */
const STANDARD_ERRORS = 3;

/**
 * Estimates of many streams are too high as often as too low: the mean of estimate / made is 1 within three of its
 * standard errors. Those come from the scatter of the streams themselves and not from any theory of it.
 * @returns mean and standard error
 */
export function expectUnbiased(streams: readonly Estimated[]): { readonly mean: number; readonly standardError: number } {
  const ratios = meanOf(streams.map(({ count, made }) => count / made));
  expect(Math.abs(ratios.mean - 1) / ratios.standardError).toBeLessThan(STANDARD_ERRORS);
  return ratios;
}

/**
 * The deviation that a receiver computes from what it got is the one that there is: the root of the mean variance, beside the
 * scatter of the streams. The scatter of n streams is known to 1 / sqrt(2 n), a twentieth for 200, and somewhat less well since
 * the lengths of traces vary: a fifth is three to four times as much.
 */
export function expectDeviationsHold(streams: readonly Estimated[]): void {
  const { standardError } = meanOf(streams.map(({ count, made }) => count / made));
  const stated = Math.sqrt(meanOf(streams.map(({ deviation, made }) => (deviation / made) ** 2)).mean);
  expect((standardError * Math.sqrt(streams.length)) / stated).toBeGreaterThan(0.8);
  expect((standardError * Math.sqrt(streams.length)) / stated).toBeLessThan(1.2);
}
