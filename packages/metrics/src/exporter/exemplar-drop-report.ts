import { errorText } from '@spillway/otlp/encoding';
import { ownDiag } from '@spillway/pipeline';
import type { OnExemplarsDropped } from '../encoding/exemplar-encoder.ts';

/**
 * Logs through `diag` that exemplars are left out, once: the points are sent, and the reason seldom changes.
 * @param exporter begins the line
 */
export function exemplarDropReport(exporter: string): OnExemplarsDropped {
  let isSaid = false;
  return (_count, error) => {
    if (isSaid) return;
    isSaid = true;
    ownDiag.warn(
      `${exporter}: exemplars are left out, and their data points are sent without them: ${errorText(error)}`,
    );
  };
}
