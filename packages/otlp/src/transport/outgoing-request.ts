import type { Signal } from '@spillway/config';
import type { Proxy } from './proxy-environment.ts';
import type { OtlpRequestBody } from './request-body.ts';
import type { OtlpHeaders, OtlpTlsOptions } from './transport-options.ts';

/** All that is needed to send a request without the transport that would have sent it. It holds secrets: headers, keys. */
export interface RequestToHandOver {
  readonly url: string;
  /** In lower case, those of the transport included; without the length of the body. */
  readonly headers: OtlpHeaders;
  /** Protobuf, not compressed. Its chunks are views of the pipeline's memory, which may be used again later. */
  readonly body: OtlpRequestBody;
  readonly tls?: OtlpTlsOptions;
  /** To go through, as the variables said. */
  readonly proxy?: Proxy;
  /** Of the host to connect to, which is the proxy if there is one: the last good answer of a look-up. Absent if there was none. */
  readonly addresses?: readonly { readonly address: string; readonly family: number }[];
}

/** A request that a pipeline still held when its process ended. Read the body before the call that gives it returns. */
export interface OutgoingRequest extends RequestToHandOver {
  readonly signal: Signal;
  readonly itemCount: number;
}
