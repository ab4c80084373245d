/** The highest lane of an item, which is sent first and given up last. */
export const HIGHEST_LANE = 31;

/** How an item is let in. It travels with the item from the producer to the buffer. */
export interface Admission<Mark = unknown> {
  /** A whole number from 0 to 31, where higher is kept longer and sent first. */
  readonly lane: number;
  /** A note for the buffer, such as the sampling that the item has passed. The controller does not read it. */
  readonly mark?: Mark;
}

/** Above the lanes of all items: for reports about items that were lost. */
export const REPORT_LANE = HIGHEST_LANE + 1;

/** The only admission to {@link REPORT_LANE}. */
export const REPORT_ADMISSION: Admission<never> = Object.freeze({ lane: REPORT_LANE });

/** One for each lane, so that an item without a mark costs no object. */
const BY_LANE: readonly Admission<never>[] = Array.from({ length: HIGHEST_LANE + 1 }, (_, lane) =>
  Object.freeze({ lane }),
);

const LOWEST = BY_LANE[0] as Admission<never>;

/**
 * An admission to a lane. Fractions are cut off, a lane out of range becomes the nearest one, and a value that is not a
 * number becomes lane 0.
 */
export function admissionTo(lane: number): Admission<never> {
  const nearest = Number.isFinite(lane) ? Math.min(Math.max(Math.trunc(lane), 0), HIGHEST_LANE) : 0;
  return BY_LANE[nearest] as Admission<never>;
}

/**
 * The admission that came with an item. Without one, an admission to the lane of `priorityOf`, or to lane 0 if that
 * throws.
 */
export function admissionOf<Item>(
  item: Item,
  given: Admission | undefined,
  priorityOf: ((item: Item) => number) | undefined,
): Admission {
  if (given === REPORT_ADMISSION) return given;
  if (given !== undefined && given !== null) {
    const isLane = typeof given.lane === 'number' && BY_LANE[given.lane] !== undefined;
    return isLane ? given : { ...given, lane: admissionTo(given.lane).lane };
  }
  if (priorityOf === undefined) return LOWEST;
  try {
    return admissionTo(priorityOf(item));
  } catch {
    return LOWEST;
  }
}
