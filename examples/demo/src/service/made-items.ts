import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';

/**
 * Counts the spans that end, or the log records that are emitted, independently of the pipeline. It has no `enabled`,
 * so the SDK builds every log record, and records that a pipeline would not have built count as made.
 */
export class MadeItems implements SpanProcessor, LogRecordProcessor {
  count = 0;

  onStart(): void {}

  onEnd(): void {
    this.count += 1;
  }

  onEmit(): void {
    this.count += 1;
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
