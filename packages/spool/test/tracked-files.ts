import { type FileSystem, NODE_FILES } from '../src/files/file-system.ts';

let running = 0;

/** How many file operations are under way, off the main thread. */
export const runningOperations = (): number => running;

/** Real files. Time in tests passes only while none of their operations is under way: see passing-time.ts. */
export const TRACKED_FILES: FileSystem = {
  async later(call) {
    running += 1;
    try {
      return await NODE_FILES.later(call);
    } finally {
      running -= 1;
    }
  },
  now: (call) => NODE_FILES.now(call),
};
