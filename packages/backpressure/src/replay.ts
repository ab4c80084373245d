import type { FlushContext, FlushOutcome, FlushResult } from './flush-outcome.ts';
import type { Occupancy } from './occupancy.ts';
import { finiteFrom0, wholeFrom1 } from './option-checks.ts';

/** Items that an overflow has kept, and that should be sent now. */
export interface Replay {
  readonly items: number;
  /** Bytes that they occupy in memory until they have settled. */
  readonly bytes: number;
  /** Sends them in exactly one attempt, as a flush function does. */
  readonly send: (context: FlushContext) => Promise<FlushResult | FlushOutcome>;
}

/** What became of a replay. */
export type Readmission =
  /** Its items were delivered, or have failed for good. The overflow must forget them. */
  | { readonly kind: 'settled'; readonly outcome: FlushOutcome }
  /**
   * Its items were not delivered, and count as spilled. They may be readmitted immediately, because the controller
   * waits as long as it must. After an outcome of `too_large`, readmit them in smaller parts. Without an outcome, the
   * controller is closed.
   *
   * `othersSucceed`: others were delivered meanwhile, so these items may be the reason, and the controller does not
   * wait for them. Wait before they are readmitted, and in smaller parts if it happens again.
   */
  | { readonly kind: 'kept'; readonly outcome?: FlushOutcome; readonly othersSucceed?: boolean };

/** A replay that has not been answered, and how to tell its caller the result. */
export interface PendingReplay {
  readonly replay: Replay;
  readonly resolve: (readmission: Readmission) => void;
}

/**
 * @param maxItems the bound of the controller in items; its bound in bytes is that of the occupancy
 * @throws TypeError or RangeError that names the field and the value; RangeError also for a replay that exceeds the
 *   bounds, because it could never be sent
 */
export function checkReplay(
  { items, bytes, send }: Replay,
  maxItems: number,
  occupancy: Pick<Occupancy, 'exceedsBounds'>,
): void {
  wholeFrom1('items of a replay', items);
  finiteFrom0('bytes of a replay', bytes);
  if (typeof send !== 'function') throw new TypeError(`send of a replay must be a function, got ${typeof send}`);
  if (items > maxItems || occupancy.exceedsBounds(bytes))
    throw new RangeError(`a replay of ${items} items and ${bytes} bytes exceeds the bounds of the controller`);
}
