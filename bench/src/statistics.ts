/** The middle value; of an even count the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? Number.NaN : (upper + lower) / 2;
}

/** The median of what values have above those of the same rounds, so that a slow minute hits both. Undefined where no round has both. */
export function medianAbove(values: readonly number[], base: readonly number[]): number | undefined {
  const added = values.slice(0, base.length).map((value, round) => value - (base[round] as number));
  return added.length === 0 ? undefined : median(added);
}

/** The value that a share (0-1) of the values does not exceed. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
