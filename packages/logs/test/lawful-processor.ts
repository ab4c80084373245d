import { BackpressureLogRecordProcessor, type BackpressureLogRecordProcessorOptions } from '@spillway/logs';
import { onTestFinished } from 'vitest';
import { expectLaw } from '../../pipeline/test/processor/processor-setup.ts';

/** A processor that is shut down at the end of the test. Its counters must then add up. */
export function lawfulProcessor(options: BackpressureLogRecordProcessorOptions): BackpressureLogRecordProcessor {
  const processor = new BackpressureLogRecordProcessor({ drainTimeoutMillis: 20, ...options });
  onTestFinished(async () => {
    await processor.shutdown();
    expectLaw(processor);
  });
  return processor;
}
