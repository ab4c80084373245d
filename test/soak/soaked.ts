import type { SeverityNumber } from '@opentelemetry/api';
import type { ProcessorMetrics } from '@spillway/pipeline';

/** An application under load, of any signal. */
export interface Soaked {
  /** Its name in messages. */
  readonly name: string;
  readonly metrics: ProcessorMetrics;
  emit(text: string, severity: SeverityNumber): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
  /** @returns a violation of the rules that apply at any moment */
  problemNow(): string | undefined;
}
