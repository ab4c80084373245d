import { readFileSync } from 'node:fs';

/** Reads a file. @throws when it cannot */
export type ReadFile = (path: string) => string;

/** Where the control groups of either version keep what is in use, and how much of it are files that can be let go. */
const VERSIONS = [
  { root: '/sys/fs/cgroup', inUse: 'memory.current', inactiveFiles: /^inactive_file (\d+)$/m, ownPath: /^0::(.*)$/m },
  { root: '/sys/fs/cgroup/memory', inUse: 'memory.usage_in_bytes', inactiveFiles: /^total_inactive_file (\d+)$/m, ownPath: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m },
];

/**
 * The limit of the container, in bytes; `undefined` where there is none.
 * @param constrained as `process.constrainedMemory()` says: 0, or more than there can be, without a limit
 */
export function memoryLimit(constrained: number): number | undefined {
  return constrained > 0 && constrained < Number.MAX_SAFE_INTEGER ? constrained : undefined;
}

/**
 * Finds where the memory in use can be read: that of all processes of the container, less the file cache that the kernel
 * would drop before it ends one of them. That is what Kubernetes calls the working set.
 * @returns `undefined` where there are no control groups
 */
export function memoryInUseReader(readFile: ReadFile = (path) => readFileSync(path, 'utf8')): (() => number) | undefined {
  for (const { root, inUse, inactiveFiles, ownPath } of VERSIONS) {
    for (const directory of directoriesOf(root, ownPath, readFile)) {
      const read = (): number => {
        const cached = inactiveFiles.exec(readFile(`${directory}/memory.stat`))?.[1] ?? 0;
        return Number(readFile(`${directory}/${inUse}`)) - Number(cached);
      };
      if (canRead(read)) return read;
    }
  }
  return undefined;
}

/** The group of this process; within a container mostly the root of what is seen. */
function directoriesOf(root: string, ownPath: RegExp, readFile: ReadFile): string[] {
  let path = '';
  try {
    path = ownPath.exec(readFile('/proc/self/cgroup'))?.[1] ?? '';
  } catch {
    // Not on this platform.
  }
  return path === '' || path === '/' ? [root] : [`${root}${path}`, root];
}

function canRead(read: () => number): boolean {
  try {
    return read() > 0;
  } catch {
    return false;
  }
}
