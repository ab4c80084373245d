// Replaces upstream's `sdk-logs` and the base class of its processors with our processor.
import { BackpressureLogRecordProcessor, type BackpressureLogRecordProcessorOptions } from '@spillway/logs';
import { resolveProcessorOptions } from '../../../packages/pipeline/src/processor-options.ts';
import { privateFields } from './private-fields.ts';
import { followFakedTimers } from './turns.ts';

export * from '@opentelemetry/sdk-logs';

followFakedTimers();

/** Drops the newest records, like upstream's. */
export class BatchLogRecordProcessorBase extends BackpressureLogRecordProcessor {
  constructor(options: BackpressureLogRecordProcessorOptions) {
    const ours = { strategy: 'drop_newest', ...options } as const;
    super(ours);
    Object.defineProperties(
      this,
      privateFields(
        resolveProcessorOptions('logs', ours, () => {}),
        () => this.getMetrics(),
      ),
    );
  }
}
