import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OthersLines } from '../../src/environment/others-lines.ts';

describe('lines of other packages', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const logged: unknown[][] = [];
  const log = (...line: unknown[]): void => void logged.push(line);
  beforeEach(() => void (logged.length = 0));

  it('are logged once a minute for each kind, and numbers do not make another kind', () => {
    const lines = new OthersLines();
    for (let request = 0; request < 50; request += 1)
      lines.log(`no span for request ${request}`, [new Error('with a stack')], log);
    expect(logged.map(([message]) => message)).toEqual(['no span for request 0']);
    vi.advanceTimersByTime(60_000);
    lines.log('no span for request 50', [], log);
    expect(logged.at(-1)).toEqual([
      'no span for request 50',
      '(49 such lines were left out; OTEL_LOG_LEVEL=warn shows every one)',
    ]);
  });

  it('are of one kind if they differ in a hexadecimal id alone', () => {
    const lines = new OthersLines();
    for (const id of ['4bf92f', '0af765', 'b7ad6b']) lines.log(`cannot export trace ${id} now`, [], log);
    lines.log('cannot export trace 4bf92f later', [], log);
    expect(logged.map(([message]) => message)).toEqual([
      'cannot export trace 4bf92f now',
      'cannot export trace 4bf92f later',
    ]);
  });

  it('are logged for at most ten kinds a minute, and the next line says how many were left out', () => {
    const lines = new OthersLines();
    for (const letter of 'GHIJKLMNOPQRSTU') lines.log(`kind ${letter}`, [], log);
    expect(logged).toHaveLength(10);
    vi.advanceTimersByTime(60_000);
    lines.log('kind V', [], log);
    expect(logged.at(-1)).toEqual(['kind V', '(5 such lines were left out; OTEL_LOG_LEVEL=warn shows every one)']);
  });

  it('may be any value, such as an error', () => {
    const error = new Error('no disk');
    new OthersLines().log(error, [], log);
    expect(logged).toEqual([[error]]);
  });
});
