import type { ProcessorMetrics } from '@spillway/pipeline';
import type { ResolvedProcessorOptions } from '../../../packages/pipeline/src/processor-options.ts';

/** Options that the tests read back, as our processor resolves them. */
type ReadBack = Pick<
  ResolvedProcessorOptions<never>,
  'maxExportBatchSize' | 'maxQueueSize' | 'scheduledDelayMillis' | 'exportTimeoutMillis'
>;

/** The private fields of a processor that upstream's tests read, from our public values. */
export function privateFields(options: ReadBack, metrics: () => ProcessorMetrics) {
  return {
    _maxExportBatchSize: { value: options.maxExportBatchSize },
    _maxQueueSize: { value: options.maxQueueSize },
    _scheduledDelayMillis: { value: options.scheduledDelayMillis },
    _exportTimeoutMillis: { value: options.exportTimeoutMillis },
    _finishedSpans: { get: () => heldItems(metrics()) },
    _finishedLogRecords: { get: () => heldItems(metrics()) },
    _droppedSpansCount: { get: () => metrics().eventsDropped },
  } satisfies PropertyDescriptorMap;
}

/** Tests only read the length. Items in flight are held as well. */
function heldItems({ bufferSize }: ProcessorMetrics): { readonly length: number } {
  return { length: bufferSize };
}
