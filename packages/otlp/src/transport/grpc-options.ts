import { grpcEndpoint } from '@spillway/config';
import {
  type OtlpTransportOptions,
  type ResolvedTransportOptions,
  resolveTransportOptions,
} from './transport-options.ts';
import { shown } from './value-checks.ts';

/** Checked options, and where the collector is in the words of gRPC. */
export interface ResolvedGrpcOptions extends ResolvedTransportOptions {
  /** As gRPC names it: `dns:host:port`, or `unix:path`. */
  readonly target: string;
  /** Host and port, or `unix:path`, for messages. */
  readonly host: string;
  readonly origin: string;
  readonly isSecure: boolean;
}

/**
 * Fills in defaults and checks. `url` of the result is not where the collector is if that is a socket of Unix.
 * @throws as `resolveTransportOptions`
 */
export function resolveGrpcOptions(options: OtlpTransportOptions): ResolvedGrpcOptions {
  const { url, sign } = options;
  // The library makes the frames, compresses them, and adds headers, after it was given the metadata: no function could
  // see what is sent.
  if (sign !== undefined) throw new TypeError(`sign must be undefined over grpc, got a ${typeof sign}`);
  const endpoint = typeof url === 'string' ? (grpcEndpoint(false).parse(url).value ?? url) : url;
  if (typeof endpoint === 'string' && endpoint.startsWith('unix:')) {
    const resolved = resolveTransportOptions({ ...options, url: 'http://localhost' });
    return { ...resolved, target: endpoint, host: endpoint, origin: endpoint, isSecure: false };
  }
  const resolved = resolveTransportOptions({ ...options, url: endpoint });
  const { hostname, protocol } = resolved.url;
  const address = `${hostname.replace(/\.$/, '')}:${portOf(endpoint, resolved.url)}`;
  return {
    ...resolved,
    target: `dns:${hostname}:${portOf(endpoint, resolved.url)}`,
    host: address,
    origin: `${protocol}//${address}`,
    isSecure: protocol === 'https:',
  };
}

/** A URL drops the default port of its scheme, which gRPC has another one for. */
function portOf(endpoint: string | URL, { port }: URL): string {
  if (port !== '') return port;
  const [, explicit] = /^\w+:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(String(endpoint)) ?? [];
  return explicit ?? '4317';
}

/** @throws TypeError if the URL is not one for gRPC */
export function checkGrpcUrl(url: string | URL, insecure: boolean): string {
  const { value } = grpcEndpoint(insecure).parse(String(url).trim());
  if (value === undefined)
    throw new TypeError(
      `url must be a host and port, or a URL, for grpc, got ${shown(String(url).replace(/^.*@/s, ''))}`,
    );
  return value;
}
