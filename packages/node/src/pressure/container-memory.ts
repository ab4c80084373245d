import { readFileSync } from 'node:fs';

/** Reads a file. @throws when it cannot */
export type ReadFile = (path: string) => string;

/** The files of both control group versions: memory in use, and how much of it is file cache that can be dropped. */
const VERSIONS = [
  { root: '/sys/fs/cgroup', inUse: 'memory.current', inactiveFiles: /^inactive_file (\d+)$/m, ownPath: /^0::(.*)$/m },
  {
    root: '/sys/fs/cgroup/memory',
    inUse: 'memory.usage_in_bytes',
    inactiveFiles: /^total_inactive_file (\d+)$/m,
    ownPath: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m,
  },
];

/**
 * The limit of the container, in bytes; `undefined` if there is none.
 * @param constrained `process.constrainedMemory()`: without a limit, it is 0 or impossibly large
 */
export function memoryLimit(constrained: number): number | undefined {
  return constrained > 0 && constrained < Number.MAX_SAFE_INTEGER ? constrained : undefined;
}

/**
 * Finds the files for the memory in use: that of all processes of the container, without the file cache that the kernel
 * would drop before it kills a process. Kubernetes calls this the working set.
 * @returns `undefined` if there are no control groups
 */
export function memoryInUseReader(
  readFile: ReadFile = (path) => readFileSync(path, 'utf8'),
): (() => number) | undefined {
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

/** The directory of this process's group. Within a container, this is usually the root of the visible tree. */
function directoriesOf(root: string, ownPath: RegExp, readFile: ReadFile): string[] {
  let path = '';
  try {
    path = ownPath.exec(readFile('/proc/self/cgroup'))?.[1] ?? '';
  } catch {
    // Not on this platform.
  }
  return [`${root}${path}`, root];
}

function canRead(read: () => number): boolean {
  try {
    return read() > 0;
  } catch {
    return false;
  }
}
