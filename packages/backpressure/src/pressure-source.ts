/**
 * Something that puts the process under pressure, such as memory or the event loop. 0 is no pressure, 1 is the limit.
 */
export interface PressureSource {
  utilization(): number;
  /**
   * Which memory is under pressure, if it is memory. The source then counts only as far as giving up items would help:
   * in full if at least a 32nd of this memory is held, less below that, and not at all if nothing is held. Default: it
   * always counts in full.
   */
  readonly memory?: PressedMemory | undefined;
}

/** A limited memory. */
export interface PressedMemory {
  /** `heap` is the JavaScript heap alone, `process` is all memory of the process. */
  readonly kind: 'heap' | 'process';
  /** Its size in bytes. */
  readonly limitBytes: number;
}

/** Bytes of memory that a controller holds, by kind; `undefined` if it does not know. */
export type HeldMemory = { readonly [Kind in PressedMemory['kind']]: number } | undefined;

/**
 * If at least this share of a memory is held, giving it up makes a real difference. It is a fifth of the range between
 * the first and the full pressure of the sources of `@spillway/node`.
 */
const RELIEVING_SHARE = 1 / 32;

/** The worst of all sources, each weighted by how much giving up items would relieve it. */
export function pressureOn(held: HeldMemory, sources: readonly PressureSource[]): number {
  let worst = 0;
  for (const source of sources) worst = Math.max(worst, readUtilization(source) * reliefBy(held, source.memory));
  return worst;
}

/** How much giving up everything held would help: 0 to 1. If that is unknown, the source counts in full. */
function reliefBy(held: HeldMemory, memory: PressedMemory | undefined): number {
  if (held === undefined || memory === undefined) return 1;
  return Math.min(held[memory.kind] / (memory.limitBytes * RELIEVING_SHARE), 1);
}

/** A source is the user's code. If it throws, or returns a value that is not a number, it counts as no pressure. */
function readUtilization(source: PressureSource): number {
  try {
    const utilization = source.utilization();
    return Number.isFinite(utilization) ? utilization : 0;
  } catch {
    return 0;
  }
}
