/** The middle value, or the mean of the two middle values if their number is even. NaN if there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? Number.NaN : (upper + lower) / 2;
}

/**
 * The median difference between values and a base, round by round, so that a slow minute affects both. `undefined` if
 * no round has both.
 */
export function medianAbove(values: readonly number[], base: readonly number[]): number | undefined {
  const added = values.slice(0, base.length).map((value, round) => value - (base[round] as number));
  return added.length === 0 ? undefined : median(added);
}

/** The value that a share (0-1) of the values does not exceed. NaN if there are no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
