import type { OtlpCompression, Signal } from '@spillway/config';
import type { HttpProtocol } from './body-encoding.ts';
import type { Proxy } from './proxy-environment.ts';
import type { OtlpRequestBody } from './request-body.ts';
import type { OtlpHeaders, OtlpTlsOptions } from './transport-options.ts';

/** A POST over HTTP. It contains secrets: headers, keys. */
export interface HttpRequestToHandOver {
  /** With `http/json`, `body` has to be written as JSON before it is sent. */
  readonly protocol: HttpProtocol;
  /** How the transport would compress a body that is large enough. Absent if it would not. */
  readonly compression?: Exclude<OtlpCompression, 'none'>;
  readonly url: string;
  /** In lower case, including the transport's own; without the length and the compression of the body. */
  readonly headers: OtlpHeaders;
  /** Protobuf, whatever the protocol, and not compressed. Its chunks are views of the pipeline's memory, which may be reused later. */
  readonly body: OtlpRequestBody;
  readonly tls?: OtlpTlsOptions;
  /** The proxy to go through, from the variables. */
  readonly proxy?: Proxy;
  /**
   * The last known addresses of the host to connect to, which is the proxy if there is one. Absent if there are none.
   */
  readonly addresses?: readonly { readonly address: string; readonly family: number }[];
}

/** A unary call over gRPC. It contains secrets: metadata, keys. */
export interface GrpcRequestToHandOver {
  readonly protocol: 'grpc';
  readonly compression?: 'gzip';
  /** Scheme, host and port, and the path of the method; with `socketPath`, the host means nothing. */
  readonly url: string;
  /** The socket of Unix to connect to. */
  readonly socketPath?: string;
  /** The metadata, in lower case, and the transport's own headers. */
  readonly headers: OtlpHeaders;
  /** One message, neither framed nor compressed. See `HttpRequestToHandOver`. */
  readonly body: OtlpRequestBody;
  readonly tls?: OtlpTlsOptions;
  /** The proxy that gRPC itself goes through. Nothing else of ours can send over gRPC through a proxy. */
  readonly proxy?: Proxy;
  /** See `HttpRequestToHandOver`. */
  readonly addresses?: readonly { readonly address: string; readonly family: number }[];
}

/**
 * Everything needed to send a request without its transport: one member for each protocol, told apart by `protocol`.
 */
export type RequestToHandOver = HttpRequestToHandOver | GrpcRequestToHandOver;

/** A request that a pipeline still held when its process ended. Read the body before the function that got it returns. */
export type OutgoingRequest = RequestToHandOver & {
  readonly signal: Signal;
  readonly itemCount: number;
};
