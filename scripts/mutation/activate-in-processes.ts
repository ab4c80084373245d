import { afterAll, inject, vi } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The number of the mutant that Stryker tests now. */
    activeMutant?: string;
  }
}

// Code that Stryker has changed reads this variable in processes without Stryker. Processes and threads that a test
// starts inherit it, so their code changes with the test's own.
const mutant = inject('activeMutant');
if (mutant !== undefined) process.env['__STRYKER_ACTIVE_MUTANT__'] = mutant;

// The tests of the next file may be in the same process.
afterAll(() => void vi.useRealTimers());
