import type { SpanProcessor } from '@opentelemetry/sdk-trace';

/** Counts the spans that end, beside the pipeline and independent of it. */
export class CountedSpans implements SpanProcessor {
  ended = 0;

  onStart(): void {}

  onEnd(): void {
    this.ended += 1;
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
