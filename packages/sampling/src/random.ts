/** The one seam for chance: a number in [0, 1). Where spans have a trace, chance is the trace id's, not this. */
export function random(): number {
  return Math.random();
}
