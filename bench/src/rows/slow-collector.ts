import { SIGNALS, type Signal } from '../signal.ts';
import type { Row } from './row.ts';
import { lostLine, nothingDelivered, scenarioRow } from './scenario-row.ts';

/** 10 000 items/s against a receiver that answers in 200 ms. */
export function slow200ms(signal: Signal): Row {
  return slowCollector(signal, 'slow-200ms', '200 ms', 200);
}

/** 10 000 items/s against a receiver that answers in 1 s. */
export function slow1s(signal: Signal): Row {
  return slowCollector(signal, 'slow-1s', '1 s', 1_000);
}

function slowCollector(signal: Signal, name: string, latency: string, millis: number): Row {
  return scenarioRow({
    signal,
    name,
    title: `10 000 ${SIGNALS[signal].items}/s, collector answers in ${latency}`,
    variants: ['upstream', 'spillway'],
    runs: 1,
    seconds: 10,
    scenario: (seconds) => ({
      load: { kind: 'paced', itemsPerSecond: 10_000, seconds, warmupSeconds: 0, tickMillis: 5 },
      faults: [{ atMillis: 0, fault: { kind: 'latency', millis } }],
    }),
    lines: (runs) => [lostLine(runs)],
    problems: nothingDelivered,
  });
}
