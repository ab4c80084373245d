import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { FlushOutcome } from '@spillway/backpressure';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PipelineLog } from '../../src/pipeline/pipeline-log.ts';

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

const delivered: FlushOutcome = { kind: 'delivered' };
const refused: FlushOutcome = { kind: 'refused', error: new Error('400 bad') };
const failed: FlushOutcome = { kind: 'retry', error: new Error('503 busy') };
const unreachable: FlushOutcome = { kind: 'retry', error: new Error('ECONNREFUSED'), unreachable: true };

describe('the log of a pipeline', () => {
  it('says once, quietly, that there is no collector yet', () => {
    flushed(unreachable, unreachable, unreachable);
    expect(lines).toEqual([expect.stringMatching(/^info Pipe: no collector yet \(ECONNREFUSED\)/)]);
  });

  it('warns of a collector that went away after it had answered', () => {
    flushed(delivered, unreachable, unreachable);
    expect(lines).toEqual([expect.stringMatching(/^warn Pipe: an export failed and is repeated: ECONNREFUSED/)]);
  });

  it('says one line when exports begin to fail and one when they succeed again, with how long and how many', () => {
    flushed(delivered, failed, failed);
    vi.advanceTimersByTime(2_500);
    flushed(failed, delivered, delivered);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe('info Pipe: exports succeed again after 2.5 s (30 items were sent more than once)');
  });

  it('takes back only what it said: of a second hiccup within the minute neither', () => {
    flushed(delivered, failed, delivered, failed, delivered);
    expect(lines.map((line) => line.split(' ').slice(0, 5).join(' '))).toEqual(['warn Pipe: an export failed', 'info Pipe: exports succeed again']);
  });

  it('says how many items the collector rejected, also where that gives no reason', () => {
    flushed({ kind: 'delivered', rejected: 3 });
    expect(lines).toEqual(['warn Pipe: the collector rejected 3 of 10 items']);
  });

  it('says nothing to operators of a drain that begins and ends well', () => {
    log.onStateChange('draining', 'normal');
    log.onStateChange('normal', 'draining');
    expect(lines).toEqual(['debug Pipe: normal -> draining', 'debug Pipe: draining -> normal']);
  });

  it('says of a drain from under load that it begins, and what was dropped before one', () => {
    log.onStateChange('draining', 'critical');
    log.onStateChange('normal', 'draining');
    log.onDrop('evicted', 3);
    log.onStateChange('draining', 'normal');
    expect(lines).toEqual(['info Pipe: critical -> draining', 'debug Pipe: draining -> normal', 'info Pipe: normal -> draining; dropped since the last line: 3 evicted']);
  });

  it('repeats a kind of complaint once a minute at most, with how many were not said', () => {
    flushed(...Array.from({ length: 50 }, () => refused));
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(60_000);
    flushed(refused);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('(and 49 times since the last such line)');
  });

  it('says nothing any more once it is closed', () => {
    flushed(delivered);
    log.close();
    flushed(failed, refused);
    log.onDrop('shutdown', 3);
    log.onStateChange('normal', 'blocked');
    log.onShutdown(3);
    expect(lines).toEqual([]);
  });

  it('reports an answer that makes no sense once, and what a partial success rejected', () => {
    flushed({ kind: 'delivered', error: new Error('garbage') }, { kind: 'delivered', error: new Error('garbage') });
    flushed({ kind: 'delivered', rejected: 3, error: new Error('too old') });
    expect(lines).toEqual(['warn Pipe: garbage', 'warn Pipe: the collector rejected 3 of 10 items: too old']);
  });

  it('says a line for a change of state, with what was dropped since the last line and why', () => {
    log.onStateChange('elevated', 'normal');
    log.onDrop('evicted', 5);
    log.onDrop('evicted', 2);
    log.onDrop('sampled', 1);
    log.onStateChange('critical', 'elevated');
    log.onStateChange('normal', 'critical');
    expect(lines).toEqual([
      'info Pipe: normal -> elevated',
      'warn Pipe: elevated -> critical; dropped since the last line: 7 evicted, 1 sampled',
      'info Pipe: critical -> normal',
    ]);
  });

  it('says what a shutdown left behind, and nothing when it left nothing', () => {
    log.onShutdown(0);
    log.onShutdown(4);
    expect(lines).toEqual(['error Pipe: shut down with 4 items undelivered']);
  });

  it('says at a shutdown why nothing was delivered, though no more than information was given of it before', () => {
    flushed(unreachable);
    log.onShutdown(4);
    expect(lines.at(-1)).toBe('error Pipe: shut down with 4 items undelivered (the last export failed: ECONNREFUSED)');
    lines.length = 0;
    flushed(delivered);
    log.onShutdown(4);
    expect(lines).toEqual(['error Pipe: shut down with 4 items undelivered']);
  });

  it('names what was not even built in the line of the next change', () => {
    log.onDrop('queue_full', 1);
    log.onNotBuilt();
    log.onNotBuilt();
    log.onStateChange('normal', 'blocked');
    expect(lines).toEqual(['info Pipe: blocked -> normal; dropped since the last line: 1 queue_full, 2 not even built']);
  });
});
