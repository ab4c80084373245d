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
  log = new PipelineLog('Pipe');
});

afterEach(() => {
  diag.disable();
  vi.useRealTimers();
});

function flushed(...outcomes: FlushOutcome[]): void {
  for (const outcome of outcomes) log.onFlush({ outcome, items: 10, bytes: 100, latencyMs: 5 });
}

function states(...path: BackpressureState[]): void {
  for (const [index, state] of path.entries()) if (index > 0) log.onStateChange(state, path[index - 1] as BackpressureState);
}

const delivered: FlushOutcome = { kind: 'delivered' };
const refused: FlushOutcome = { kind: 'refused', error: new Error('400 bad') };
const failed: FlushOutcome = { kind: 'retry', error: new Error('503 busy') };
const unreachable: FlushOutcome = { kind: 'retry', error: new Error('ECONNREFUSED'), unreachable: true };

describe('the log of a pipeline, on its collector', () => {
  it('mentions once, as information, that there is no collector yet', () => {
    flushed(unreachable, unreachable, unreachable);
    expect(lines).toEqual([expect.stringMatching(/^info Pipe: no collector yet \(ECONNREFUSED\)/)]);
  });

  it('warns of a collector that went away after it had answered', () => {
    flushed(delivered, unreachable, unreachable);
    expect(lines).toEqual([expect.stringMatching(/^warn Pipe: an export failed and is repeated: ECONNREFUSED/)]);
  });

  it('has one line when exports begin to fail and one when they succeed again, with how long and how many', () => {
    flushed(delivered, failed, failed);
    vi.advanceTimersByTime(2_500);
    flushed(failed, delivered, delivered);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe('info Pipe: exports succeed again after 2.5 s (30 items were sent more than once)');
  });

  it('takes back only what it logged: nothing of a second hiccup within seconds', () => {
    flushed(delivered, failed, delivered, failed, delivered);
    expect(lines.map((line) => line.split(' ').slice(0, 5).join(' '))).toEqual(['warn Pipe: an export failed', 'info Pipe: exports succeed again']);
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

  it('says that credentials are denied also where exports failed for another reason before', () => {
    const denied: FlushOutcome = { kind: 'retry', error: new Error('collector:4318 answered 401'), denied: true };
    flushed(delivered, failed, denied, denied, delivered);
    expect(lines).toEqual([
      'warn Pipe: an export failed and is repeated: 503 busy',
      'warn Pipe: exports lack valid credentials, and items are kept until they have them: collector:4318 answered 401',
      'info Pipe: exports succeed again after 0.0 s (30 items were sent more than once)',
    ]);
  });

  it('repeats a complaint about odd answers while they go on, with how many were left out, and not only once in a lifetime', () => {
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

describe('the log of a pipeline, on what is lost', () => {
  it('warns within a second of a loss, with the count of each reason, though the state never changes', () => {
    log.onDrop('too_large', 5);
    log.onDrop('unencodable', 1);
    log.onDrop('too_large', 2);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 8 items: 7 too_large, 1 unencodable']);
  });

  it('warns again while items go on being lost: after ten seconds, then each minute, with all of them counted', () => {
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

  it('is as quick about a new loss as about the first one when it was quiet for a while', () => {
    log.onDrop('evicted', 1);
    vi.advanceTimersByTime(120_000);
    log.onDrop('rejected', 1);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 1 item: 1 evicted', 'warn Pipe: lost 1 item: 1 rejected (2 since the start)']);
  });

  it('quotes what the collector said of the items that it refused', () => {
    flushed(refused);
    log.onDrop('rejected', 10);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(["warn Pipe: lost 10 items: 10 rejected. Last cause: 400 bad"]);
  });

  it('quotes why an item was given up that failed each time it was sent', () => {
    log.onFlush({ outcome: failed, items: 1, bytes: 10, latencyMs: 5, isUndeliverable: true });
    log.onDrop('undeliverable', 1);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 1 item: 1 undeliverable. Last cause: 503 busy']);
  });

  it('counts how many items a partial success rejected, also if the collector gives no reason', () => {
    flushed({ kind: 'delivered', rejected: 3 });
    log.onDrop('rejected', 3);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 3 items: 3 rejected']);
  });

  it.each<DropReason>(['sampled', 'deduplicated', 'feedback'])('reports items that are %s apart, as information: nobody lost them', (reason) => {
    log.onDrop(reason, 4);
    log.onDrop('evicted', 1);
    vi.advanceTimersByTime(1_000);
    expect(lines.toSorted()).toEqual([`info Pipe: left out 4 items on purpose: 4 ${reason}`, 'warn Pipe: lost 1 item: 1 evicted']);
  });

  it('counts items that were not even built among the lost', () => {
    log.onDrop('queue_full', 1);
    log.onNotBuilt();
    log.onNotBuilt();
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 3 items: 1 queue_full, 2 not even built']);
  });

  it('names a priorityOf that throws', () => {
    log.onPriorityFailure(new Error('bug'));
    log.onPriorityFailure(new Error('bug'));
    expect(lines).toEqual(['warn Pipe: priorityOf threw, and its items go into the lowest lane: bug']);
  });
});

describe('the log of a pipeline, on its state', () => {
  it('mentions to those who debug alone that a drain begins and ends well', () => {
    states('normal', 'draining', 'normal');
    expect(lines).toEqual(['debug Pipe: normal -> draining', 'debug Pipe: draining -> normal']);
  });

  it('tells at once that it gets worse', () => {
    states('normal', 'elevated', 'critical', 'blocked');
    expect(lines).toEqual(['info Pipe: normal -> elevated', 'warn Pipe: elevated -> critical', 'warn Pipe: critical -> blocked']);
  });

  it('tells soon that it is well again', () => {
    states('normal', 'critical', 'normal');
    vi.advanceTimersByTime(10_000);
    expect(lines).toEqual(['warn Pipe: normal -> critical', 'info Pipe: critical -> normal']);
  });

  it('tells a state that flaps in a few lines a minute, with what was left out counted', () => {
    states('normal', 'elevated');
    for (let time = 0; time < 300_000; time += 50) {
      states('elevated', 'critical', 'elevated', 'normal', 'elevated');
      vi.advanceTimersByTime(50);
    }
    expect(lines.length).toBeLessThanOrEqual(5 * 5);
    expect(lines.some((line) => /\(\d+ more changes since the last such line\)$/.test(line))).toBe(true);
  });
});

describe('the log of a pipeline, at its end', () => {
  it('names what a shutdown left behind, and nothing when it left nothing', () => {
    log.onShutdown(0);
    log.onShutdown(4);
    expect(lines).toEqual(['error Pipe: shut down with 4 items undelivered']);
  });

  it('names at a shutdown why nothing was delivered, and what was lost shortly before', () => {
    flushed(unreachable);
    log.onDrop('evicted', 2);
    log.onShutdown(4);
    vi.advanceTimersByTime(60_000);
    expect(lines.slice(1)).toEqual(['error Pipe: shut down with 4 items undelivered (the last export failed: ECONNREFUSED); lost since the last such line: 2 evicted']);
  });

  it('does not keep a loss to itself because the process ends: a shutdown brings the line forward', () => {
    flushed(delivered);
    log.onDrop('evicted', 2);
    log.onShutdown(0);
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual(['warn Pipe: lost 2 items: 2 evicted']);
  });

  it('warns of items that are offered after it', () => {
    log.onShutdown(0);
    log.onDrop('shutdown', 1);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(['warn Pipe: lost 1 item: 1 shutdown']);
  });

  it('is silent once it is closed', () => {
    flushed(delivered);
    log.onDrop('evicted', 1);
    log.close();
    flushed(failed, refused);
    log.onDrop('shutdown', 3);
    log.onNotBuilt();
    log.onPriorityFailure(new Error('bug'));
    states('normal', 'blocked');
    log.onShutdown(3);
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual([]);
  });
});
