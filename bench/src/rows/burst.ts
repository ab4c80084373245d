import { lostLine, nothingDelivered, spanRow } from './span-row.ts';

/** Spans made before the event loop gets a turn: what a batch job or a busy request handler makes in one go. */
const SPANS_PER_TURN = 1_000;

/** A lump of spans. */
export const burst = spanRow({
  name: 'burst',
  title: `100 000 spans as fast as the loop allows, ${SPANS_PER_TURN} a turn`,
  variants: ['upstream', 'spillway'],
  runs: 1,
  seconds: 0,
  scenario: () => ({ load: { kind: 'burst', spans: 100_000, spansPerTurn: SPANS_PER_TURN }, faults: [] }),
  lines: (runs) => [lostLine(runs)],
  problems: nothingDelivered,
});
