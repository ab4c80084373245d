import type { Signal } from '@spillway/config';
import type { Proxy } from './proxy-environment.ts';
import type { OtlpRequestBody } from './request-body.ts';
import type { OtlpHeaders, OtlpTlsOptions } from './transport-options.ts';

/** Everything needed to send a request without its transport. It contains secrets: headers, keys. */
export interface RequestToHandOver {
  readonly url: string;
  /** In lower case, including the transport's own; without the length of the body. */
  readonly headers: OtlpHeaders;
  /** Protobuf, not compressed. Its chunks are views of the pipeline's memory, which may be reused later. */
  readonly body: OtlpRequestBody;
  readonly tls?: OtlpTlsOptions;
  /** The proxy to go through, from the variables. */
  readonly proxy?: Proxy;
  /**
   * The last known addresses of the host to connect to, which is the proxy if there is one. Absent if there are none.
   */
  readonly addresses?: readonly { readonly address: string; readonly family: number }[];
}

/**
 * A request that a pipeline still held when its process ended. Read the body before the function that got it returns.
 */
export interface OutgoingRequest extends RequestToHandOver {
  readonly signal: Signal;
  readonly itemCount: number;
}
