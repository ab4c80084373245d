import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OthersLines } from '../../src/environment/others-lines.ts';

describe('the lines that other packages log', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const logged: unknown[][] = [];
  const log = (...line: unknown[]): void => void logged.push(line);
  beforeEach(() => void (logged.length = 0));

  it('come once a minute for each kind, whatever numbers are in them', () => {
    const lines = new OthersLines();
    for (let request = 0; request < 50; request += 1) lines.log(`no span for request ${request}`, [new Error('with a stack')], log);
    expect(logged.map(([message]) => message)).toEqual(['no span for request 0']);
    vi.advanceTimersByTime(60_000);
    lines.log('no span for request 50', [], log);
    expect(logged.at(-1)).toEqual(['no span for request 50', '(49 such lines were left out; OTEL_LOG_LEVEL=warn shows every one)']);
  });

  it('come in ten kinds a minute at most, and the next line tells how many were left out', () => {
    const lines = new OthersLines();
    for (const letter of 'GHIJKLMNOPQRSTU') lines.log(`kind ${letter}`, [], log);
    expect(logged).toHaveLength(10);
    vi.advanceTimersByTime(60_000);
    lines.log('kind V', [], log);
    expect(logged.at(-1)).toEqual(['kind V', '(5 such lines were left out; OTEL_LOG_LEVEL=warn shows every one)']);
  });

  it('may be anything, such as an error that is logged itself', () => {
    const error = new Error('no disk');
    new OthersLines().log(error, [], log);
    expect(logged).toEqual([[error]]);
  });
});
