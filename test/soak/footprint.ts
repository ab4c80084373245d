import { collectGarbage } from '../../packages/otlp/test/buffer/collect-garbage.ts';
import { OpenResources } from './open-resources.ts';

const MEBIBYTE = 2 ** 20;

/** What may be more at the end: what the runtime keeps for itself moves by this much between two equal runs. */
const MARGIN_BYTES = { heap: 8 * MEBIBYTE, external: 8 * MEBIBYTE };

/** What a process holds when nothing is going on. */
export interface Footprint {
  readonly heapBytes: number;
  /** Off the JS heap, array buffers included. */
  readonly externalBytes: number;
  /** What keeps the process alive, sorted. */
  readonly active: readonly string[];
  /** Timers and sockets that were made since this module was loaded, sorted, whether they keep the process alive or not. */
  readonly open: readonly string[];
}

const resources = new OpenResources();

/** Takes a moment: what was closed is gone only some turns of the event loop later. */
export async function footprint(): Promise<Footprint> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heapBytes: heapUsed, externalBytes: external, active: process.getActiveResourcesInfo().toSorted(), open: resources.types };
}

/** @returns what one is more than the other, beyond the margin */
export function growth(before: Footprint, after: Footprint): string[] {
  const heap = after.heapBytes - before.heapBytes;
  const external = after.externalBytes - before.externalBytes;
  return [
    ...(heap > MARGIN_BYTES.heap ? [`the heap has grown by ${heap} bytes`] : []),
    ...(external > MARGIN_BYTES.external ? [`external memory has grown by ${external} bytes`] : []),
    ...differences('active', before.active, after.active),
    ...differences('open', before.open, after.open),
  ];
}

function differences(what: string, before: readonly string[], after: readonly string[]): string[] {
  return before.join() === after.join() ? [] : [`${what} before: ${before.join()}; after: ${after.join()}`];
}
