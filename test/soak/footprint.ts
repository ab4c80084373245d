import { collectGarbage } from '../../packages/otlp/test/buffer/collect-garbage.ts';
import { OpenResources } from './open-resources.ts';

const MEBIBYTE = 2 ** 20;

/** Allowed growth. The memory that the runtime keeps for itself varies by this much between two equal runs. */
const MARGIN_BYTES = { heap: 8 * MEBIBYTE, external: 8 * MEBIBYTE };

/** The resources of an idle process. */
export interface Footprint {
  readonly heapBytes: number;
  /** Off the JS heap, array buffers included. */
  readonly externalBytes: number;
  /** Resources that keep the process alive, sorted. */
  readonly active: readonly string[];
  /** Timers and sockets made since this module was loaded, sorted, whether or not they keep the process alive. */
  readonly open: readonly string[];
}

const resources = new OpenResources();

/** Takes a moment, because closed resources are gone only some turns of the event loop later. */
export async function footprint(): Promise<Footprint> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    active: process.getActiveResourcesInfo().toSorted(),
    open: resources.types,
  };
}

/** @returns growth beyond the margin */
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
