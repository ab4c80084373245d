import type { Signal } from '@spillway/config';
import type { ItemExporter } from '../exporter/item-exporter.ts';
import type { OutgoingRequest } from '../transport/outgoing-request.ts';
import { ExportPipeline, type ForceFlushOptions, type ProcessorMetrics } from './export-pipeline.ts';
import type { SignalItems } from './processor-controller.ts';
import type { ProcessorOptions } from './processor-options.ts';

/** What the SDKs call on a processor, whichever its signal. The hook that takes items is the signal's own. */
export abstract class BackpressureProcessor<Item> {
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

  /** Ends at once, and gives what is held as requests for another to send: see `ExportPipeline.handOver`. */
  handOver(): readonly OutgoingRequest[] {
    return this.pipeline.handOver();
  }

  /** State, counters and sizes at this moment; counters only grow, and where every item went can be told from them. */
  getMetrics(): ProcessorMetrics {
    return this.pipeline.getMetrics();
  }
}
