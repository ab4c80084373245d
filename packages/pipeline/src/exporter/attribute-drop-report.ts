import { errorText, type OnAttributeDropped } from '@spillway/otlp/encoding';
import { ownDiag } from '../scope/export-scope.ts';

/** Names may come from outside, so the log must not grow with them. */
const MOST_NAMES_SAID = 20;
const LONGEST_NAME_SAID = 100;

/**
 * Logs through `diag` which attributes are left out because they cannot be encoded. Once for each name, because the
 * code that sets such an attribute may run often.
 * @param exporter begins the line
 */
export function attributeDropReport(exporter: string): OnAttributeDropped {
  const said = new Set<string>();
  return (key, error) => {
    if (said.has(key) || said.size >= MOST_NAMES_SAID) return;
    said.add(key);
    const name = JSON.stringify(key.slice(0, LONGEST_NAME_SAID));
    ownDiag.warn(`${exporter}: the attribute ${name} cannot be encoded and is left out: ${errorText(error)}`);
  };
}
