import { describe, expect, it, vi } from 'vitest';
import { writeOnStderr } from '../../src/standalone/stderr-line.ts';
import { useHeldStderr } from './held-stderr.ts';

const { lines, pending } = useHeldStderr();

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
