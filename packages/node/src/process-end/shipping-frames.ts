import type { OtlpHeaders, OtlpTlsOptions } from '@spillway/otlp';
import type { OutgoingRequest, Proxy } from '@spillway/otlp/transport';

/** What the shipping program must know before the first request. */
export interface ShippingTerms {
  /** When it must be gone, on the clock of `Date.now()`, which both processes share. */
  readonly deadline: number;
  /** Bytes of request bodies that it may hold at a time. A body that is larger goes alone. */
  readonly windowBytes: number;
}

/** What comes before the body of a request: what is not there, JSON leaves out. */
export interface RequestHead {
  readonly url: string;
  readonly isGrpc: boolean;
  /** Of Unix, to connect to instead of the host. */
  readonly socketPath: string | undefined;
  readonly itemCount: number;
  readonly headers: OtlpHeaders;
  /** Certificates and keys as text. */
  readonly tls: OtlpTlsOptions | undefined;
  readonly proxy: Proxy | undefined;
  readonly addresses: OutgoingRequest['addresses'] | undefined;
  readonly signal: OutgoingRequest['signal'];
  /** Whether the body, which is protobuf, has to be sent as JSON. */
  readonly isJson: boolean;
  readonly compression: OutgoingRequest['compression'] | undefined;
  readonly byteLength: number;
}

/** The first frame. A frame is the length of its head, the head as JSON, and in a request's frame the body behind it. */
export function termsFrame(terms: ShippingTerms): Uint8Array {
  return frameHead(terms);
}

/** The frame of a request, in pieces that need no copy of the body. */
export function requestFrame(request: OutgoingRequest): readonly Uint8Array[] {
  const { protocol, signal, compression, url, itemCount, headers, tls, proxy, addresses, body } = request;
  const head: RequestHead = {
    url,
    isGrpc: protocol === 'grpc',
    socketPath: protocol === 'grpc' ? request.socketPath : undefined,
    itemCount,
    headers,
    tls: tls && { ...tls, ca: pemText(tls.ca), cert: pemText(tls.cert), key: pemText(tls.key) },
    proxy,
    addresses,
    signal,
    isJson: protocol === 'http/json',
    compression,
    byteLength: body.byteLength,
  };
  return [frameHead(head), ...body.chunks];
}

/** Says that no request follows. The end of the input alone would not: the sender may have been killed. */
export const END_FRAME: Uint8Array = new Uint8Array(4);

function frameHead(head: object): Uint8Array {
  const json = Buffer.from(JSON.stringify(head));
  const frame = Buffer.allocUnsafe(4 + json.length);
  frame.writeUInt32LE(json.length);
  json.copy(frame, 4);
  return frame;
}

/** PEM is text, also where it was read as bytes. */
function pemText(pem: string | Uint8Array | undefined): string | undefined {
  return typeof pem === 'object' ? Buffer.from(pem).toString('latin1') : pem;
}
