import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { writeOnStderr } from '../../src/standalone/stderr-line.ts';

type Done = (error?: Error | null) => void;
let lines: string[];
let pending: Done[];

/** Without standard error itself, whose lines end when the test says so. */
beforeEach(() => {
  lines = [];
  pending = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation(((line: string, done: Done) => {
    lines.push(line);
    pending.push(done);
    return true;
  }) as typeof process.stderr.write);
  onTestFinished(() => {
    for (const done of pending) done();
    write.mockRestore();
  });
});

describe('standard error', () => {
  it('has a listener for errors only while a line is being written', () => {
    const before = process.stderr.listenerCount('error');
    writeOnStderr('one');
    expect(process.stderr.listenerCount('error')).toBe(before + 1);
    writeOnStderr('two');
    expect(process.stderr.listenerCount('error')).toBe(before + 1);
    pending.shift()?.();
    expect(process.stderr.listenerCount('error')).toBe(before + 1);
    pending.shift()?.();
    expect(process.stderr.listenerCount('error')).toBe(before);
  });

  it('gets nothing more after its reader is gone, and its errors end no application', async () => {
    vi.resetModules();
    const fresh = await import('../../src/standalone/stderr-line.ts');
    const before = process.stderr.listenerCount('error');
    fresh.writeOnStderr('one');
    fresh.writeOnStderr('two');
    pending.shift()?.(new Error('EPIPE'));
    pending.shift()?.(new Error('EPIPE'));
    fresh.writeOnStderr('three');
    expect(lines).toEqual(['one\n', 'two\n']);
    expect(process.stderr.listenerCount('error')).toBe(before + 1);
  });
});
