/** Anything that presses on the process: memory, the event loop. 0 is no pressure, 1 is the limit. */
export interface PressureSource {
  utilization(): number;
  /**
   * Which memory presses, if it is memory. The source then counts only as far as giving up items would help: in full from
   * a 32nd of this memory held on, less below, not at all with nothing held. Default: it always counts in full.
   */
  readonly memory?: PressedMemory | undefined;
}

/** A limited memory. */
export interface PressedMemory {
  /** `heap` is the JavaScript heap alone, `process` is all memory of the process. */
  readonly kind: 'heap' | 'process';
  /** Bytes that it has. */
  readonly limitBytes: number;
}

/** Bytes of memory that a controller holds, by kind; `undefined` if it does not know. */
export type HeldMemory = { readonly [Kind in PressedMemory['kind']]: number } | undefined;

/**
 * From this share of a memory on, giving up what is held makes a real difference: it is a fifth of what lies between the
 * first pressure of the sources of `@spillway/node` and the full one.
 */
const RELIEVING_SHARE = 1 / 32;

/** The worst of all sources, each by how much giving up items would relieve it. */
export function pressureOn(held: HeldMemory, sources: readonly PressureSource[]): number {
  let worst = 0;
  for (const source of sources) worst = Math.max(worst, readUtilization(source) * reliefBy(held, source.memory));
  return worst;
}

/** How much giving up everything held would help: 0 to 1. What is not known counts in full. */
function reliefBy(held: HeldMemory, memory: PressedMemory | undefined): number {
  if (held === undefined || memory === undefined) return 1;
  return Math.min(held[memory.kind] / (memory.limitBytes * RELIEVING_SHARE), 1);
}

/** A source is somebody else's code: if it throws, or returns a value that is not a number, it does not press. */
function readUtilization(source: PressureSource): number {
  try {
    const utilization = source.utilization();
    return Number.isFinite(utilization) ? utilization : 0;
  } catch {
    return 0;
  }
}
