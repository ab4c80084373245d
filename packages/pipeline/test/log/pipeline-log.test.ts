import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { BackpressureState, DropReason, FlushOutcome } from '@spillway/backpressure';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PipelineLog } from '../../src/log/pipeline-log.ts';

let lines: string[];
let log: PipelineLog;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), verbose: at('verbose') };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
  lines.length = 0;
  log = new PipelineLog('Pipe', 'logs');
});

afterEach(() => {
  diag.disable();
  vi.useRealTimers();
});

function flushed(...outcomes: FlushOutcome[]): void {
  for (const outcome of outcomes) log.onFlush({ outcome, items: 10, bytes: 100, latencyMs: 5 });
}

function states(...path: BackpressureState[]): void {
  for (const [index, state] of path.entries())
    if (index > 0) log.onStateChange(state, path[index - 1] as BackpressureState);
}

const delivered: FlushOutcome = { kind: 'delivered' };
const refused: FlushOutcome = { kind: 'refused', error: new Error('400 bad') };
const failed: FlushOutcome = { kind: 'retry', error: new Error('503 busy') };
const unreachable: FlushOutcome = { kind: 'retry', error: new Error('ECONNREFUSED'), unreachable: true };

describe('the log of a pipeline, about its collector', () => {
  it('has one line, as information, while there is no collector yet', () => {
    flushed(unreachable, unreachable, unreachable);
    expect(lines).toEqual([expect.stringMatching(/^info Pipe: no collector yet \(ECONNREFUSED\)/)]);
  });

  it('has a warning if a collector goes away after it has answered', () => {
    flushed(delivered, unreachable, unreachable);
    expect(lines).toEqual([expect.stringMatching(/^warn Pipe: an export failed and will be retried: ECONNREFUSED/)]);
  });

  it('has one line when exports begin to fail and one when they succeed again, with how long and how many', () => {
    flushed(delivered, failed, failed);
    vi.advanceTimersByTime(2_500);
    flushed(failed, delivered, delivered);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe('info Pipe: exports succeed again after 2.5 s (30 items were sent more than once)');
  });

  it('has a line about a recovery only if its failure was logged, so none for a second failure within seconds', () => {
    flushed(delivered, failed, delivered, failed, delivered);
    expect(lines.map((line) => line.split(' ').slice(0, 5).join(' '))).toEqual([
      'warn Pipe: an export failed',
      'info Pipe: exports succeed again',
    ]);
  });

  it('has one line when credentials are denied, however long that lasts, and one when they are accepted again', () => {
    const denied: FlushOutcome = { kind: 'retry', error: new Error('collector:4318 answered 401'), denied: true };
    flushed(delivered, denied, denied);
    vi.advanceTimersByTime(3_600_000);
    flushed(denied, delivered);
    expect(lines).toEqual([
      'warn Pipe: exports lack valid credentials, and items are kept until they have them: collector:4318 answered 401',
      'info Pipe: exports succeed again after 3600.0 s (30 items were sent more than once)',
    ]);
  });

  it('has a line when credentials are denied even if exports failed for another reason before', () => {
    const denied: FlushOutcome = { kind: 'retry', error: new Error('collector:4318 answered 401'), denied: true };
    flushed(delivered, failed, denied, denied, delivered);
    expect(lines).toEqual([
      'warn Pipe: an export failed and will be retried: 503 busy',
      'warn Pipe: exports lack valid credentials, and items are kept until they have them: collector:4318 answered 401',
      'info Pipe: exports succeed again after 0.0 s (30 items were sent more than once)',
    ]);
  });

  it('has further lines about odd answers while they go on, with the number of suppressed ones', () => {
    const odd: FlushOutcome = { kind: 'delivered', error: new Error('garbage') };
    flushed(odd, odd, odd);
    expect(lines).toEqual(['warn Pipe: the collector took the items, but its answer is odd: garbage']);
    vi.advanceTimersByTime(10_000);
    flushed(odd, odd);
    vi.advanceTimersByTime(60_000);
    flushed(odd);
    expect(lines.slice(1)).toEqual([
      'warn Pipe: the collector took the items, but its answer is odd: garbage (and 2 times since the last such line)',
      'warn Pipe: the collector took the items, but its answer is odd: garbage (and once since the last such line)',
    ]);
  });
});

describe('the log of a pipeline, about losses', () => {
  it('has a warning within a second of a loss, with the count of each reason, even if the state never changes', () => {
    log.onDrop('too_large', 5);
    log.onDrop('unencodable', 1);
    log.onDrop('too_large', 2);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 8 items: 7 too_large, 1 unencodable']);
  });

  it('has further warnings while losses go on, after ten seconds and then each minute, with all items counted', () => {
    const loseForSeconds = (seconds: number): void => {
      for (let second = 0; second < seconds; second += 1) {
        log.onDrop('evicted', 1);
        vi.advanceTimersByTime(1_000);
      }
    };
    loseForSeconds(180);
    const counts = lines.map((line) => Number(/lost (\d+) item/.exec(line)?.[1]));
    expect(lines.every((line) => line.startsWith('warn Pipe: lost'))).toBe(true);
    expect(lines).toHaveLength(4);
    vi.advanceTimersByTime(60_000);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(120);
    expect(lines.at(-1)).toContain('(180 since the start)');
  });

  it('has a warning about a new loss as quickly as about the first one after a quiet time', () => {
    log.onDrop('evicted', 1);
    vi.advanceTimersByTime(120_000);
    log.onDrop('rejected', 1);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual([
      'warn Pipe: lost 1 item: 1 evicted',
      'warn Pipe: lost 1 item: 1 rejected (2 since the start)',
    ]);
  });

  it("quotes the collector's message about items that it rejected", () => {
    flushed(refused);
    log.onDrop('rejected', 10);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 10 items: 10 rejected. Last cause: 400 bad']);
  });

  it('quotes why an item was dropped that failed each time it was sent', () => {
    log.onFlush({ outcome: failed, items: 1, bytes: 10, latencyMs: 5, isUndeliverable: true });
    log.onDrop('undeliverable', 1);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 1 item: 1 undeliverable. Last cause: 503 busy']);
  });

  it('has the count of items that a partial success rejected, even if the collector gives no reason', () => {
    flushed({ kind: 'delivered', rejected: 3 });
    log.onDrop('rejected', 3);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 3 items: 3 rejected']);
  });

  it.each<DropReason>(['sampled_out', 'deduplicated', 'superseded', 'feedback'])(
    'has a separate line, as information, about items that are %s',
    (reason) => {
      log.onDrop(reason, 4);
      log.onDrop('evicted', 1);
      vi.advanceTimersByTime(1_000);
      expect(lines.toSorted()).toEqual([
        `info Pipe: left out 4 items on purpose: 4 ${reason}`,
        'warn Pipe: lost 1 item: 1 evicted',
      ]);
    },
  );

  it('includes traces that were not recorded in what was left out on purpose', () => {
    const traces = new PipelineLog('Pipe', 'traces');
    traces.onDrop('sampled_out', 5);
    traces.onNotBuilt();
    traces.onNotBuilt();
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['info Pipe: left out 7 items on purpose: 5 sampled_out, 2 not recorded']);
  });

  it('includes items that were not even built in the losses', () => {
    log.onDrop('queue_full', 1);
    log.onNotBuilt();
    log.onNotBuilt();
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 3 items: 1 queue_full, 2 not even built']);
  });

  it('has one warning about a priorityOf that throws', () => {
    log.onPriorityFailure(new Error('bug'));
    log.onPriorityFailure(new Error('bug'));
    expect(lines).toEqual(['warn Pipe: priorityOf threw, and its items go into the lowest lane: bug']);
  });
});

describe('the log of a pipeline, about its state', () => {
  it('has only debug lines about a drain that begins and ends normally', () => {
    states('normal', 'draining', 'normal');
    expect(lines).toEqual(['debug Pipe: normal -> draining', 'debug Pipe: draining -> normal']);
  });

  it('has a line immediately when the state gets worse', () => {
    states('normal', 'elevated', 'critical', 'blocked');
    expect(lines).toEqual([
      'info Pipe: normal -> elevated',
      'warn Pipe: elevated -> critical',
      'warn Pipe: critical -> blocked',
    ]);
  });

  it('has a line within ten seconds when the state is normal again', () => {
    states('normal', 'critical', 'normal');
    vi.advanceTimersByTime(10_000);
    expect(lines).toEqual(['warn Pipe: normal -> critical', 'info Pipe: critical -> normal']);
  });

  it('has a few lines a minute about a state that flaps, with the number of suppressed changes', () => {
    states('normal', 'elevated');
    for (let time = 0; time < 300_000; time += 50) {
      states('elevated', 'critical', 'elevated', 'normal', 'elevated');
      vi.advanceTimersByTime(50);
    }
    expect(lines.length).toBeLessThanOrEqual(5 * 5);
    expect(lines.some((line) => /\(\d+ more changes since the last such line\)$/.test(line))).toBe(true);
  });
});

describe('the log of a pipeline, at a shutdown', () => {
  it('has a line about the items that were left behind, and none if there are none', () => {
    log.onShutdown(0);
    log.onShutdown(4);
    expect(lines).toEqual(['error Pipe: shut down with 4 items undelivered']);
  });

  it('includes why nothing was delivered, and what was lost shortly before', () => {
    flushed(unreachable);
    log.onDrop('evicted', 2);
    log.onShutdown(4);
    vi.advanceTimersByTime(60_000);
    expect(lines.slice(1)).toEqual([
      'error Pipe: shut down with 4 items undelivered (the last export failed: ECONNREFUSED); lost since the last such line: 2 evicted',
    ]);
  });

  it('has the pending line about losses before the process ends', () => {
    flushed(delivered);
    log.onDrop('evicted', 2);
    log.onShutdown(0);
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual(['warn Pipe: lost 2 items: 2 evicted']);
  });

  it('has a warning about items that are offered afterwards', () => {
    log.onShutdown(0);
    log.onDrop('already_shutdown', 1);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 1 item: 1 already_shutdown']);
  });

  it('has the pending line about losses when it is closed, and no lines once it is', () => {
    flushed(delivered);
    log.onDrop('evicted', 1);
    log.close();
    expect(lines.splice(0)).toEqual(['warn Pipe: lost 1 item: 1 evicted']);
    log.close();
    flushed(failed, refused);
    log.onDrop('drain_timeout', 3);
    log.onNotBuilt();
    log.onPriorityFailure(new Error('bug'));
    states('normal', 'blocked');
    log.onShutdown(3);
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual([]);
  });
});

it('the line about a recovery says how long exports have failed, whenever that began', () => {
  vi.advanceTimersByTime(70_000);
  flushed(delivered, failed);
  vi.advanceTimersByTime(2_500);
  flushed(delivered);
  expect(lines.at(-1)).toMatch(/succeed again after 2\.5 s/);
});
