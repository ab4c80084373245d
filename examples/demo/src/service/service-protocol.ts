import type { PipelineKind, PipelineStatus } from '../pipeline/pipeline.ts';
import type { PerSignal } from '../signal.ts';

/** How a service is started: its one argument, as JSON. */
export interface ServiceSettings {
  readonly pipeline: PipelineKind;
  /** Where its spans and log records go. */
  readonly urls: PerSignal<string>;
  /** Time between two samples. */
  readonly sampleMillis: number;
}

/** One signal of a service at one moment. */
export interface SignalSample {
  /** Spans ended, or log records emitted, whatever became of them. */
  readonly made: number;
  readonly pipeline: PipelineStatus;
}

/** A service at one moment. */
export interface ServiceSample {
  readonly requests: number;
  readonly signals: PerSignal<SignalSample>;
  /** Of the process, since the load began. */
  readonly cpuSeconds: number;
  /** 99th percentile of the event loop's delay since the load began; 1 ms of it is the timer that measures. */
  readonly loopDelayP99Millis: number;
  /** The same, of the last second. */
  readonly recentLoopDelayP99Millis: number;
}

export type ServiceCommand = { readonly kind: 'measure' };

export type ServiceMessage =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'sample'; readonly sample: ServiceSample }
  /** After SIGTERM, once the pipelines have shut down. The service ends when it has said this. */
  | { readonly kind: 'ended'; readonly sample: ServiceSample };
