import type { Signal } from '@spillway/config';
import { ExportPipeline, type ForceFlushOptions, type ProcessorMetrics } from './export-pipeline.ts';
import type { ItemExporter } from './foreign/item-exporter.ts';
import type { HandOver, TakeRequest } from './hand-over.ts';
import type { SignalItems } from './processor-controller.ts';
import type { ProcessorOptions } from './processor-options.ts';

/** What the SDKs call on a processor, whichever its signal. The hook that takes items is the signal's own. */
export abstract class BackpressureProcessor<Item> implements HandOver {
  protected readonly pipeline: ExportPipeline<Item>;

  /**
   * @param name the processor's, for messages
   * @throws RangeError or TypeError that names option and value
   */
  protected constructor(
    name: string,
    signal: Signal,
    exporter: ItemExporter<Item>,
    items: SignalItems<Item>,
    options: ProcessorOptions<Item>,
  ) {
    this.pipeline = new ExportPipeline(name, signal, exporter, items, options);
  }

  /**
   * Resolves once everything received before has been exported or refused, and the exporter has flushed; rejects when
   * that takes too long.
   */
  forceFlush(options?: ForceFlushOptions): Promise<void> {
    return this.pipeline.forceFlush(options);
  }

  /** Exports what is left within `drainTimeoutMillis` and shuts the exporter down. Runs once, never rejects. */
  shutdown(): Promise<void> {
    return this.pipeline.shutdown();
  }

  /** Ends at once, and hands over one of the requests that it holds: see `ExportPipeline.handOverNext`. */
  handOverNext(take: TakeRequest): boolean {
    return this.pipeline.handOverNext(take);
  }

  /** Ends at once, and gives up what it holds, counted as `shutdown`. @returns items given up */
  giveUp(): number {
    return this.pipeline.giveUp();
  }

  /** State, counters and sizes at this moment; counters only grow, and where every item went can be told from them. */
  getMetrics(): ProcessorMetrics {
    return this.pipeline.getMetrics();
  }
}
