import { judge } from './row.ts';
import { lostLine, nothingDelivered, scenarioRow } from './scenario-row.ts';

const ALLOWED_FACTOR = 1.5;

/** 50 000 spans/s against a receiver that answers at once. */
export const fast50k = scenarioRow({
  signal: 'traces',
  name: 'fast-50k',
  title: '50 000 spans/s, fast collector',
  variants: ['noop', 'upstream', 'spillway'],
  runs: 1,
  seconds: 8,
  scenario: (seconds) => ({
    load: { kind: 'paced', itemsPerSecond: 50_000, seconds, warmupSeconds: 2, tickMillis: 5 },
    faults: [],
  }),
  lines(runs) {
    const p99 = runs.medians(({ report }) => report.measured.eventLoopDelayMillis.p99);
    return [
      lostLine(runs),
      {
        figure: 'event-loop delay p99',
        unit: 'millis',
        ...p99,
        target: `at most ${ALLOWED_FACTOR} x no-op`,
        ...judge((noop, spillway) => spillway <= ALLOWED_FACTOR * noop, p99.noop, p99.spillway),
      },
    ];
  },
  problems: nothingDelivered,
});
