import { BackpressureLogRecordProcessor, type BackpressureLogRecordProcessorOptions } from '@spillway/logs';
import { onTestFinished } from 'vitest';
import { expectLaw } from '../../pipeline/test/processor/processor-setup.ts';

/** A processor that is shut down when the test is over, and whose accounts must add up then. */
export function lawfulProcessor(options: BackpressureLogRecordProcessorOptions): BackpressureLogRecordProcessor {
  const processor = new BackpressureLogRecordProcessor({ drainTimeoutMillis: 20, ...options });
  onTestFinished(async () => {
    await processor.shutdown();
    expectLaw(processor);
  });
  return processor;
}
