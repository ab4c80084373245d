import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { resourceLimits } from 'node:worker_threads';

const MEBIBYTE = 2 ** 20;

/** Sets the limit of the old generation, in MiB, in either spelling that V8 knows. */
const OLD_SPACE_FLAG = /--max[-_]old[-_]space[-_]size[= ](\d+)/g;

/** Without a flag, V8 makes each of the three parts of the young generation 1/64 of the old one. */
const OLD_SHARE_OF_LIMIT = 64 / 67;

/** The values that decide how large the old generation may grow. */
export interface HeapLimits {
  /** Bytes: V8's `heap_size_limit`, which covers both generations. */
  readonly heapSizeLimit: number;
  /** Flags of the process. The last one wins. */
  readonly flags: string;
  /** MiB, of a worker thread. */
  readonly workerLimit: number | undefined;
}

/**
 * Bytes that the old generation may hold. V8 ends a process at this limit. `heap_size_limit` also contains the young
 * generation, which is 192 MiB in Node 24 with a flag: a heap of 200 MiB ends at 58 % of `heap_size_limit`.
 */
export function oldGenerationLimit({ heapSizeLimit, flags, workerLimit }: HeapLimits): number {
  const fromFlag = [...flags.matchAll(OLD_SPACE_FLAG)].at(-1)?.[1];
  const mebibytes = workerLimit ?? (fromFlag === undefined ? 0 : Number(fromFlag));
  const limit = mebibytes * MEBIBYTE;
  return limit > 0 && limit < heapSizeLimit ? limit : heapSizeLimit * OLD_SHARE_OF_LIMIT;
}

/** Bytes that the old generation of this thread may hold. */
export function heapLimitBytes(): number {
  return oldGenerationLimit({
    heapSizeLimit: getHeapStatistics().heap_size_limit,
    flags: [process.env['NODE_OPTIONS'] ?? '', ...process.execArgv].join(' '),
    workerLimit: resourceLimits.maxOldGenerationSizeMb,
  });
}

/**
 * Reads how full the old generation of this thread is, 0 to 1. The young one does not count, as it is mostly garbage.
 */
export function heapShareReader(): () => number {
  const limit = heapLimitBytes();
  return () => {
    let used = 0;
    for (const { space_name: name, space_used_size: size } of getHeapSpaceStatistics())
      if (!name.startsWith('new_')) used += size;
    return used / limit;
  };
}
