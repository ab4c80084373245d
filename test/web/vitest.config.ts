import { ownRun } from '../../vitest.own-run.ts';

/** Pages in a real browser: what they keep when they are left, and the live page. One browser at a time. */
export default ownRun({ include: ['**/*.test.ts', '../zpages/**/*.test.ts'], fileParallelism: false });
