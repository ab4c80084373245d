import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Frame, LaneFigures } from '../src/frame.ts';
import { phasesOf, SHUTDOWN } from '../src/phases.ts';
import type { SignalFigures } from '../src/signal-figures.ts';
import { LineView } from '../src/view/line-view.ts';
import { LiveView } from '../src/view/live-view.ts';

const SPANS: SignalFigures = {
  made: 54_321,
  madePerSecond: 2_200,
  delivered: 12_345,
  deliveredPerSecond: 512,
  held: 1_976,
  lost: 40_000,
  lostByReason: { queue_full: 39_000, OTLPExporterError: 1_000 },
  state: undefined,
  utilization: 0.96,
};
const LOG_RECORDS: SignalFigures = {
  ...SPANS,
  made: 10_503,
  lost: 0,
  lostByReason: {},
  state: 'critical, circuit half-open',
};

const MEASUREMENTS: SignalFigures = { ...LOG_RECORDS, made: 10_002, utilization: 0, state: 'normal' };

function laneOf(name: string): LaneFigures {
  return {
    name,
    signals: { traces: SPANS, logs: LOG_RECORDS, metrics: MEASUREMENTS },
    requestsOpen: 2,
    loopDelayP99Millis: 3.2,
  };
}

function frame(): Frame {
  const phases = [...phasesOf(25, 'embedded'), SHUTDOWN];
  return { phases, phase: phases[2]!, elapsedMillis: 12_300, lanes: [laneOf('OpenTelemetry'), laneOf('Spillway')] };
}

describe('the live picture', () => {
  function drawn(columns: number): string[] {
    let text = '';
    const out = { columns, write: (chunk: string) => (text += chunk) } as unknown as WriteStream;
    new LiveView(out).show(frame());
    return stripVTControlCharacters(text).split('\n');
  }

  it('shows all signals of both lanes', () => {
    const lines = drawn(120);

    expect(lines.find((line) => line.startsWith('spans made'))).toMatch(/54 321 +2 200\/s +54 321 +2 200\/s/);
    expect(lines.find((line) => line.startsWith('log records made'))).toMatch(/10 503 +2 200\/s +10 503 +2 200\/s/);
    expect(lines.filter((line) => line.startsWith('  lost'))).toHaveLength(3);
    expect(lines.find((line) => line.startsWith('measurements made'))).toMatch(/10 002 +2 200\/s +10 002 +2 200\/s/);
  });

  it('shows why items were lost, and the state of the pipeline next to its queue', () => {
    const lines = drawn(120);

    expect(lines.find((line) => line.startsWith('  lost'))).toMatch(/ 40 000  queue_full 39 000, OTLPExporterEr…/);
    expect(lines.filter((line) => line.startsWith('  queue'))[1]).toMatch(/ 96 % critical, circuit half-open/);
  });

  it('fits into the smallest terminal that it is chosen for, with a line for the cursor', () => {
    const lines = drawn(LiveView.LEAST_COLUMNS);

    expect(lines.length).toBeLessThanOrEqual(LiveView.LEAST_ROWS);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(LiveView.LEAST_COLUMNS);
  });
});

describe('the lines', () => {
  it('are one a second for each pipeline', () => {
    const written: string[] = [];
    const view = new LineView((line) => written.push(line));
    view.show(frame());
    view.show({ ...frame(), elapsedMillis: 12_900 });

    expect(written.slice(2).map((line) => line.slice(0, 34).trimEnd())).toEqual([
      ' 12 s  OpenTelemetry  spans',
      '                      log records',
      '                      measurements',
      '       Spillway       spans',
      '                      log records',
      '                      measurements',
    ]);
    expect(written[2]).toMatch(/ 54 321 .* 40 000 .* 3\.2 ms  queue_full 39 000, OTLPExporterError 1 000$/);
    expect(written[3]).toMatch(/ 10 503 .* critical, circuit half-open$/);
  });
});
