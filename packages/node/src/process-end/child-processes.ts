import type * as ChildProcesses from 'node:child_process';

/** The module is loaded only when a process ends with items left. It takes about 2 ms, and few processes need it. */
export function childProcesses(): typeof ChildProcesses {
  return process.getBuiltinModule('node:child_process');
}
