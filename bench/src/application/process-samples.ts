import type { Memory, Samples } from './protocol.ts';

const COLLECTIONS = 4;

/** Takes samples of the process's memory and of the pipeline at an interval. */
export class ProcessSamples {
  readonly columns: Samples = {};
  readonly before: Memory = readMemory();
  private peakMemory: Memory = this.before;
  private readonly start = performance.now();
  private readonly timer: NodeJS.Timeout;
  private readonly readMore: () => Record<string, number>;

  constructor(intervalMillis: number, readMore: () => Record<string, number>) {
    this.readMore = readMore;
    this.timer = setInterval(() => this.take(), intervalMillis);
  }

  /** The highest value of each figure, whenever it was reached. */
  get peak(): Memory {
    return this.peakMemory;
  }

  take(): void {
    const memory = readMemory();
    this.peakMemory = {
      rss: Math.max(this.peakMemory.rss, memory.rss),
      heapUsed: Math.max(this.peakMemory.heapUsed, memory.heapUsed),
      external: Math.max(this.peakMemory.external, memory.external),
      arrayBuffers: Math.max(this.peakMemory.arrayBuffers, memory.arrayBuffers),
    };
    const row = { atMillis: Math.round(performance.now() - this.start), ...memory, ...this.readMore() };
    for (const [name, value] of Object.entries(row)) (this.columns[name] ??= []).push(value);
  }

  stop(): void {
    clearInterval(this.timer);
    this.take();
  }
}

/** The process's memory now. */
export function readMemory(): Memory {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { rss, heapUsed, external, arrayBuffers };
}

/** The process's memory after everything that can be collected was. Needs `--expose-gc`. */
export async function readCollectedMemory(): Promise<Memory> {
  if (globalThis.gc === undefined) throw new Error('the process was started without --expose-gc');
  // An ordinary collection keeps the code of functions that ran once (loading, compiling), megabytes that a later
  // collection removes. Buffers are freed only after the collection that found them.
  for (let round = 0; round < COLLECTIONS; round++) {
    globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  return readMemory();
}
