/** The highest lane of an item, which is sent first and given up last. */
export const HIGHEST_LANE = 31;

/** The lane that a rule names. A rule that throws, or gives no number, costs no item: its item goes into the lowest lane. */
export function laneBy<Item>(priorityOf: ((item: Item) => number) | undefined, item: Item): number {
  if (priorityOf === undefined) return 0;
  try {
    return laneOf(priorityOf(item));
  } catch {
    return 0;
  }
}

function laneOf(priority: number): number {
  return Number.isFinite(priority) ? Math.min(Math.max(Math.trunc(priority), 0), HIGHEST_LANE) : 0;
}
