import { processEnvironment, type Signal } from '@spillway/config';
import type { ResolvedGrpcOptions } from './grpc-options.ts';
import type { GrpcRequestToHandOver } from './outgoing-request.ts';
import { grpcProxyFor, type Proxy } from './proxy-environment.ts';

/**
 * The method of each signal's service, all of which are unary.
 * Source: opentelemetry-proto 1.9, collector/{trace,logs,metrics}/v1.
 */
export const EXPORT_METHODS: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** What changes from request to request. */
type RequestPart = Pick<GrpcRequestToHandOver, 'headers' | 'body'> & {
  readonly isCompressed: boolean;
  readonly tls: GrpcRequestToHandOver['tls'] | undefined;
  readonly addresses: NonNullable<GrpcRequestToHandOver['addresses']>;
};

export function grpcRequestToHandOver(
  signal: Signal,
  options: ResolvedGrpcOptions,
  { headers, body, isCompressed, tls, addresses }: RequestPart,
): GrpcRequestToHandOver {
  const { isSecure, origin, target } = options;
  const proxy = grpcProxyOf(options);
  const isUnix = target.startsWith('unix:');
  return {
    protocol: 'grpc',
    url: `${isUnix ? 'http://localhost' : origin}${EXPORT_METHODS[signal]}`,
    headers,
    body,
    ...(isCompressed && { compression: 'gzip' }),
    ...(isUnix && { socketPath: target.slice('unix:'.length) }),
    ...(isSecure && tls !== undefined && { tls }),
    ...(proxy !== undefined && { proxy }),
    ...(addresses.length > 0 && { addresses }),
  };
}

const DEFAULT_PORT = 4317;

/** The proxy that gRPC goes through: that of its variables, or none. */
export function grpcProxyOf({ proxyEnv, target, url, grpcChannelOptions }: ResolvedGrpcOptions): Proxy | undefined {
  const isOff = proxyEnv !== undefined && Object.keys(proxyEnv).length === 0;
  if (isOff || grpcChannelOptions?.['grpc.enable_http_proxy'] === 0 || target.startsWith('unix:')) return undefined;
  return grpcProxyFor(url.hostname, Number(url.port || DEFAULT_PORT), processEnvironment());
}
