import { collectGarbage } from './collect-garbage.ts';

/**
 * Memory in use, on the heap and off it. Freed memory off the heap is returned only some turns of the event loop later.
 */
export async function memoryInUse(): Promise<number> {
  for (let turn = 0; turn < 4; turn += 1) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
