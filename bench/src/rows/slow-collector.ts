import type { Row } from './row.ts';
import { lostLine, nothingDelivered, spanRow } from './span-row.ts';

/** 10 000 spans/s against a receiver that answers in 200 ms. */
export const slow200ms = slowCollector('slow-200ms', '200 ms', 200);

/** 10 000 spans/s against a receiver that answers in 1 s. */
export const slow1s = slowCollector('slow-1s', '1 s', 1_000);

function slowCollector(name: string, latency: string, millis: number): Row {
  return spanRow({
    name,
    title: `10 000 spans/s, collector answers in ${latency}`,
    variants: ['upstream', 'spillway'],
    runs: 1,
    seconds: 10,
    scenario: (seconds) => ({
      load: { kind: 'paced', spansPerSecond: 10_000, seconds, warmupSeconds: 0, tickMillis: 5 },
      faults: [{ atMillis: 0, fault: { kind: 'latency', millis } }],
    }),
    lines: (runs) => [lostLine(runs)],
    problems: nothingDelivered,
  });
}
