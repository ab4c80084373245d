import { beforeEach, onTestFinished, vi } from 'vitest';

type Done = (error?: Error | null) => void;

/** Takes the place of standard error in each test. A line is written when the test calls its function in `pending`. */
export function useHeldStderr(): { readonly lines: string[]; readonly pending: Done[] } {
  const held: { readonly lines: string[]; readonly pending: Done[] } = { lines: [], pending: [] };
  beforeEach(() => {
    held.lines.length = 0;
    held.pending.length = 0;
    const write = vi.spyOn(process.stderr, 'write').mockImplementation(((line: string, done: Done) => {
      held.lines.push(line);
      held.pending.push(done);
      return true;
    }) as typeof process.stderr.write);
    onTestFinished(() => {
      for (const done of held.pending) done();
      write.mockRestore();
    });
  });
  return held;
}
