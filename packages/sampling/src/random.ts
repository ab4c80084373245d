/**
 * The one seam for chance: a number in [0, 1). For items with a trace, the trace id is the source of chance instead.
 */
export function random(): number {
  return Math.random();
}
