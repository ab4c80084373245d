import type { PipelineKind, PipelineStatus } from '../pipeline/pipeline.ts';
import type { PerSignal } from '../signal.ts';

/** The only argument of a service, as JSON. */
export interface ServiceSettings {
  readonly pipeline: PipelineKind;
  /** Where its signals go. */
  readonly urls: PerSignal<string>;
  /** Time between two samples. */
  readonly sampleMillis: number;
  /** Whether it serves the live page of its pipelines. */
  readonly page: boolean;
}

/** One signal of a service at one moment. */
export interface SignalSample {
  /** Spans ended, log records emitted, or requests measured, whatever happened to them afterwards. */
  readonly made: number;
  readonly pipeline: PipelineStatus;
}

/** A service at one moment. */
export interface ServiceSample {
  readonly requests: number;
  readonly signals: PerSignal<SignalSample>;
  /** CPU time of the process since the load began. */
  readonly cpuSeconds: number;
  /** 99th percentile of the event-loop delay since the load began; 1 ms of it is the measuring timer. */
  readonly loopDelayP99Millis: number;
  /** The same for the last second. */
  readonly recentLoopDelayP99Millis: number;
}

export type ServiceCommand = { readonly kind: 'measure' };

export type ServiceMessage =
  /** `page`: the address of the live page, if there is one. */
  | { readonly kind: 'listening'; readonly url: string; readonly page?: string | undefined }
  | { readonly kind: 'sample'; readonly sample: ServiceSample }
  /** Sent after SIGTERM, once the pipelines have shut down. The service ends after this message. */
  | { readonly kind: 'ended'; readonly sample: ServiceSample };
