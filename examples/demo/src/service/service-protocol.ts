import type { PipelineKind, PipelineStatus } from '../pipeline/span-pipeline.ts';

/** How a service is started: its one argument, as JSON. */
export interface ServiceSettings {
  readonly pipeline: PipelineKind;
  /** Where its spans go. */
  readonly tracesUrl: string;
  /** Time between two samples. */
  readonly sampleMillis: number;
}

/** A service at one moment. */
export interface ServiceSample {
  readonly requests: number;
  /** Spans ended, whatever became of them. */
  readonly made: number;
  /** Of the process, since the load began. */
  readonly cpuSeconds: number;
  /** 99th percentile of the event loop's delay since the load began; 1 ms of it is the timer that measures. */
  readonly loopDelayP99Millis: number;
  /** The same, of the last second. */
  readonly recentLoopDelayP99Millis: number;
  readonly pipeline: PipelineStatus;
}

export type ServiceCommand = { readonly kind: 'measure' };

export type ServiceMessage =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'sample'; readonly sample: ServiceSample }
  /** After SIGTERM, once the pipeline has shut down. The service ends when it has said this. */
  | { readonly kind: 'ended'; readonly sample: ServiceSample };
