import type { ProcessorSignal } from '@spillway/config';
import { ExportPipeline, type ForceFlushOptions } from './export-pipeline.ts';
import type { ItemExporter } from './foreign/sdk-exporter.ts';
import type { HandOver, HandOverOrder, TakeRequest } from './hand-over.ts';
import type { SignalItems } from './controlled-export.ts';
import type { ProcessorMetrics } from './processor-metrics.ts';
import type { ProcessorOptions } from './processor-options.ts';

/** The methods that the SDKs call on a processor of any signal. The hook that receives items belongs to the signal. */
export abstract class BackpressureProcessor<Item> implements HandOver {
  protected readonly pipeline: ExportPipeline<Item>;

  /**
   * @param name the processor's, for messages
   * @throws RangeError or TypeError that names option and value
   */
  protected constructor(
    name: string,
    signal: ProcessorSignal,
    exporter: ItemExporter<Item>,
    items: SignalItems<Item>,
    options: ProcessorOptions<Item>,
  ) {
    this.pipeline = new ExportPipeline(name, signal, exporter, items, options);
  }

  /**
   * Resolves once every item received before has been exported or dropped, and the exporter has flushed. Rejects if
   * that takes too long.
   */
  forceFlush(options?: ForceFlushOptions): Promise<void> {
    return this.pipeline.forceFlush(options);
  }

  /** Exports the remaining items within `drainTimeoutMillis` and shuts the exporter down. Runs once, never rejects. */
  shutdown(): Promise<void> {
    return this.pipeline.shutdown();
  }

  /** Ends immediately, and hands over one of the requests that it holds: see `ExportPipeline.handOverNext`. */
  handOverNext(take: TakeRequest, order?: HandOverOrder): boolean {
    return this.pipeline.handOverNext(take, order);
  }

  /** Ends immediately, and drops the items that it holds, counted as `drain_timeout`. @returns the dropped items */
  giveUp(): number {
    return this.pipeline.giveUp();
  }

  /** State, counters and sizes at this moment. Counters only grow, and account for every item. */
  getMetrics(): ProcessorMetrics {
    return this.pipeline.getMetrics();
  }
}
