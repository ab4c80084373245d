/** The one seam for chance: a number in [0, 1), used for jitter only. */
export function random(): number {
  return Math.random();
}
