// In the place of upstream's `sdk-trace`: the SDK as it is installed, with our processor as its own.
import { BackpressureSpanProcessor, type BackpressureSpanProcessorOptions } from '@spillway/trace';
import { resolveProcessorOptions } from '../../../packages/pipeline/src/processor-options.ts';
import { privateFields } from './private-fields.ts';
import { followFakedTimers } from './turns.ts';

export * from '@opentelemetry/sdk-trace';

followFakedTimers();

/** Drops the newest, as upstream's does. */
export class BatchSpanProcessor extends BackpressureSpanProcessor {
  constructor(options: BackpressureSpanProcessorOptions) {
    const ours = { strategy: 'drop_newest', ...options } as const;
    super(ours);
    Object.defineProperties(this, privateFields(resolveProcessorOptions('traces', ours, () => {}), () => this.getMetrics()));
  }
}
