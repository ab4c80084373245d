import type { BackpressureMetrics } from '@spillway/backpressure';

export type ApplicationCommand =
  /** Makes that many spans a second from now on. */
  | { readonly kind: 'load'; readonly perSecond: number }
  | { readonly kind: 'make'; readonly count: number }
  /** Blocks the event loop. */
  | { readonly kind: 'block'; readonly millis: number }
  /** Is answered with the metrics. */
  | { readonly kind: 'tell' };

export type ApplicationMessage =
  | { readonly kind: 'serving'; readonly url: string | undefined }
  | { readonly kind: 'metrics'; readonly metrics: BackpressureMetrics };
