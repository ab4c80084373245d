import { expect } from 'vitest';
import { type CountEstimate, meanOf } from './count-estimate.ts';

/** The estimate for one stream, and its true number of spans. */
export interface Estimated extends CountEstimate {
  readonly made: number;
}

/** By chance, three in a thousand means are further off. */
const STANDARD_ERRORS = 3;

/**
 * Expects that estimates of many streams are as often too high as too low: the mean of estimate / made is 1 within
 * three of its standard errors. These are computed from the scatter of the streams themselves, not from theory.
 * @returns mean and standard error
 */
export function expectUnbiased(streams: readonly Estimated[]): {
  readonly mean: number;
  readonly standardError: number;
} {
  const ratios = meanOf(streams.map(({ count, made }) => count / made));
  expect(Math.abs(ratios.mean - 1) / ratios.standardError).toBeLessThan(STANDARD_ERRORS);
  return ratios;
}

/**
 * Expects that the deviation that a receiver computes is the true one: compares the root of the mean variance with the
 * scatter of the streams. The scatter of n streams is known to 1 / sqrt(2 n), a twentieth for 200 streams, and somewhat
 * less well because the lengths of traces vary. The tolerance of a fifth is three to four times as much.
 */
export function expectDeviationsHold(streams: readonly Estimated[]): void {
  const { standardError } = meanOf(streams.map(({ count, made }) => count / made));
  const stated = Math.sqrt(meanOf(streams.map(({ deviation, made }) => (deviation / made) ** 2)).mean);
  expect((standardError * Math.sqrt(streams.length)) / stated).toBeGreaterThan(0.8);
  expect((standardError * Math.sqrt(streams.length)) / stated).toBeLessThan(1.2);
}
