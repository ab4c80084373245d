import type { Collector, CollectorOptions, EventSignal } from '@spillway/test/collector';

/** A signal of OpenTelemetry by its name in OTLP, and the wire if it is not HTTP. */
export type Signal = EventSignal | 'traces over gRPC';

/** The bench's names for a signal and its items. */
interface SignalWords {
  readonly item: string;
  readonly items: string;
  /** The heading above the signal's rows, if several signals have a table each. */
  readonly heading: string;
  /** The prefix of the signal's row names. Spans over HTTP have none, because their rows existed first. */
  readonly rowPrefix: string;
  readonly wire: 'http' | 'grpc';
  /** The receiver's path. gRPC has none. */
  readonly path: string;
}

const SPANS = { item: 'span', items: 'spans' } as const;

export const SIGNALS: Readonly<Record<Signal, SignalWords>> = {
  traces: { ...SPANS, heading: 'Spans', rowPrefix: '', wire: 'http', path: '/v1/traces' },
  'traces over gRPC': { ...SPANS, heading: 'Spans over gRPC', rowPrefix: 'grpc-', wire: 'grpc', path: '' },
  logs: {
    item: 'log record',
    items: 'log records',
    heading: 'Log records',
    rowPrefix: 'logs-',
    wire: 'http',
    path: '/v1/logs',
  },
};

/** Nothing listens here. The no-op variant needs an address but no receiver. */
export const NOWHERE = 'http://127.0.0.1:9';

/** The options of a receiver that counts the signal's items. */
export function receiverOf(signal: Signal): CollectorOptions {
  return { decode: 'ids', grpc: SIGNALS[signal].wire === 'grpc' };
}

/** Where a receiver takes the signal; without a receiver, an address at which nothing listens. */
export function urlAt(receiver: Pick<Collector, 'url' | 'grpcUrl'> | undefined, signal: Signal): string {
  const { wire, path } = SIGNALS[signal];
  if (receiver === undefined) return NOWHERE + path;
  return (wire === 'grpc' ? receiver.grpcUrl : receiver.url) + path;
}
