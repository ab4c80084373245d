import { processEnvironment, type Signal } from '@spillway/config';
import type { ResolvedGrpcOptions } from './grpc-options.ts';
import type { GrpcRequestToHandOver } from './outgoing-request.ts';
import { isExempt, isLoopback } from './proxy-environment.ts';

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

/** @returns `undefined` if the request may go through a proxy, because only gRPC itself knows its way then */
export function grpcRequestToHandOver(
  signal: Signal,
  options: ResolvedGrpcOptions,
  { headers, body, isCompressed, tls, addresses }: RequestPart,
): GrpcRequestToHandOver | undefined {
  const { isSecure, origin, target } = options;
  if (mayGoThroughProxy(options)) return undefined;
  const isUnix = target.startsWith('unix:');
  return {
    protocol: 'grpc',
    url: `${isUnix ? 'http://localhost' : origin}${EXPORT_METHODS[signal]}`,
    headers,
    body,
    ...(isCompressed && { compression: 'gzip' }),
    ...(isUnix && { socketPath: target.slice('unix:'.length) }),
    ...(isSecure && tls !== undefined && { tls }),
    ...(addresses.length > 0 && { addresses }),
  };
}

const DEFAULT_PORT = 4317;

/** In the order in which gRPC reads them. */
const PROXY_VARIABLES = ['grpc_proxy', 'https_proxy', 'http_proxy'];

function mayGoThroughProxy(options: ResolvedGrpcOptions): boolean {
  if (!allowsProxy(options)) return false;
  const environment = processEnvironment();
  if (!PROXY_VARIABLES.some((name) => Boolean(environment[name]))) return false;
  const { hostname, port } = options.url;
  return !isExempt(
    hostname,
    Number(port || DEFAULT_PORT),
    environment['no_grpc_proxy'] ?? environment['no_proxy'] ?? '',
  );
}

/** Whether gRPC may read the variables of proxies. Those of loopback addresses are ignored, as over HTTP. */
export function allowsProxy({ proxyEnv, target, url }: ResolvedGrpcOptions): boolean {
  const isOff = proxyEnv !== undefined && Object.keys(proxyEnv).length === 0;
  return !isOff && !target.startsWith('unix:') && !isLoopback(url.hostname);
}
