import type { ScenarioRun } from '../scenario.ts';
import { quantile } from '../statistics.ts';
import { judge } from './row.ts';
import { lostLine, nothingDelivered, scenarioRow } from './scenario-row.ts';

const SERVED_AT_A_TIME = 2;
const ALLOWED_IN_FLIGHT = 4;

/** A receiver that serves two requests at a time and lets the others wait. */
export const limited2 = scenarioRow({
  signal: 'traces',
  name: 'limited-2',
  title: '10 000 spans/s, collector serves two requests at a time, 100 ms each',
  variants: ['upstream', 'spillway'],
  runs: 1,
  seconds: 14,
  scenario: (seconds) => ({
    load: { kind: 'paced', itemsPerSecond: 10_000, seconds, warmupSeconds: 0, tickMillis: 5 },
    faults: [{ atMillis: 0, fault: { kind: 'limited', concurrency: SERVED_AT_A_TIME, serviceMillis: 100 } }],
  }),
  lines(runs) {
    const settled = runs.worst((run) => quantile(settledInFlight(run), 0.95));
    return [
      {
        figure: 'requests in flight, settled (p95)',
        unit: 'requests',
        ...settled,
        target: `at most ${ALLOWED_IN_FLIGHT}`,
        ...judge((spillway) => spillway <= ALLOWED_IN_FLIGHT, settled.spillway),
      },
      { figure: 'requests in flight, highest', unit: 'requests', ...runs.worst((run) => Math.max(...inFlight(run))) },
      lostLine(runs),
    ];
  },
  problems: nothingDelivered,
});

/** Requests in flight, as the receiver sees them. */
function inFlight({ receiverSamples }: ScenarioRun): readonly number[] {
  return receiverSamples['inFlight'] ?? [];
}

/** The second half of the load. In the first half, the pipeline finds the limit. */
function settledInFlight(run: ScenarioRun): readonly number[] {
  const samples = inFlight(run);
  return samples.slice(Math.floor(samples.length / 2));
}
