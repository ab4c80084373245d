import { SIGNALS, type Signal } from '../signal.ts';
import type { Row } from './row.ts';
import { lostLine, nothingDelivered, scenarioRow } from './scenario-row.ts';

/** Items made before the event loop gets a turn, as a batch job or a busy request handler does. */
const ITEMS_PER_TURN = 1_000;

/** Many items at one time. */
export function burst(signal: Signal): Row {
  return scenarioRow({
    signal,
    name: 'burst',
    title: `100 000 ${SIGNALS[signal].items} as fast as the loop allows, ${ITEMS_PER_TURN} a turn`,
    variants: ['upstream', 'spillway'],
    runs: 1,
    seconds: 0,
    scenario: () => ({ load: { kind: 'burst', items: 100_000, itemsPerTurn: ITEMS_PER_TURN }, faults: [] }),
    lines: (runs) => [lostLine(runs)],
    problems: nothingDelivered,
  });
}
