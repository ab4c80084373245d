import { now } from '@spillway/backpressure';
import { errorText } from '@spillway/otlp/encoding';
import { withDeadline } from './deadline.ts';
import { ownDiag } from './scope/export-scope.ts';

/** If the spool or the exporter hangs: each step gets the rest of the drain's time, at most this. */
const LONGEST_STEP_MILLIS = 5_000;
/** And at least this: most exporters need next to nothing, and the drain may have used all of its time. */
const SHORTEST_STEP_MILLIS = 50;

/**
 * Runs one of the last steps of a pipeline. Never rejects, because no step may prevent the next one.
 * @param what names the step in the log, if it fails
 * @param endsAt the pipeline's deadline, on the clock of `now()`
 */
export async function closingStep(what: string, endsAt: number, step: () => Promise<void>): Promise<void> {
  const left = Math.max(endsAt - now(), SHORTEST_STEP_MILLIS);
  try {
    await withDeadline(step, Math.min(left, LONGEST_STEP_MILLIS), what);
  } catch (error) {
    ownDiag.error(`${what} failed: ${errorText(error)}`);
  }
}
