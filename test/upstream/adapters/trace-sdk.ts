// Replaces upstream's `sdk-trace` with the installed SDK and our processor.
import { BackpressureSpanProcessor, type BackpressureSpanProcessorOptions } from '@spillway/trace';
import { resolveProcessorOptions } from '../../../packages/pipeline/src/processor-options.ts';
import { privateFields } from './private-fields.ts';
import { followFakedTimers } from './turns.ts';

export * from '@opentelemetry/sdk-trace';

followFakedTimers();

/** Drops the newest spans, like upstream's. */
export class BatchSpanProcessor extends BackpressureSpanProcessor {
  constructor(options: BackpressureSpanProcessorOptions) {
    const ours = { strategy: 'drop_newest', ...options } as const;
    super(ours);
    Object.defineProperties(
      this,
      privateFields(
        resolveProcessorOptions('traces', ours, () => {}),
        () => this.getMetrics(),
      ),
    );
  }
}
