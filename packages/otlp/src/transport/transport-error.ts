/** What went wrong in an attempt. */
export type OtlpTransportErrorName =
  /** The signal ended the attempt. */
  | 'AbortError'
  /** No connection, or it broke before the answer. */
  | 'ConnectionError'
  /** The collector answered with a status of gRPC that is not `OK`. `code` is its name. */
  | 'GrpcStatusError'
  /** The collector answered with a status of HTTP that is not success. */
  | 'HttpStatusError'
  /** The collector accepted the request but rejected a part of it, or accepted it all with a warning. */
  | 'PartialSuccessError'
  /** The request cannot be written in the encoding of the protocol, and was not sent. */
  | 'RequestEncodingError'
  /** The `headers` function failed or returned something that is not headers. */
  | 'RequestHeadersError'
  /** The request is above `maxRequestBytes` and was not sent. */
  | 'RequestTooLargeError'
  /** The collector accepted the request, but the rest of its answer could not be read. */
  | 'ResponseBodyError'
  /** The collector's answer is above `maxResponseBytes` and was not read. */
  | 'ResponseTooLargeError'
  /** `timeoutMillis` had passed. */
  | 'TimeoutError'
  /** `send` was called after `shutdown`. */
  | 'TransportClosedError'
  /** The code of the transport, or a part of it, cannot be imported. */
  | 'TransportNotLoadedError';

/**
 * Why an attempt did not end in plain success. Messages contain the collector's host, the status, codes, and a short
 * excerpt of the collector's answer; never headers, a query, or user information of a URL.
 */
export class OtlpTransportError extends Error {
  override readonly name: OtlpTransportErrorName;
  /** The platform's code, such as `ECONNREFUSED`, or the status of gRPC, such as `UNAVAILABLE`, if there is one. */
  readonly code: string | undefined;
  /** The status of the collector's answer, if there was one. */
  readonly statusCode: number | undefined;

  constructor(
    name: OtlpTransportErrorName,
    message: string,
    details: { code?: string | undefined; statusCode?: number } = {},
  ) {
    super(message);
    this.name = name;
    this.code = details.code;
    this.statusCode = details.statusCode;
  }
}

/** Whether a value is an {@link OtlpTransportError} of any copy of this package. */
export function isOtlpTransportError(value: unknown): value is OtlpTransportError {
  return value instanceof Error && 'statusCode' in value && 'code' in value && TRANSPORT_ERROR_NAMES.has(value.name);
}

const TRANSPORT_ERROR_NAMES: ReadonlySet<string> = new Set<OtlpTransportErrorName>([
  'AbortError',
  'ConnectionError',
  'GrpcStatusError',
  'HttpStatusError',
  'PartialSuccessError',
  'RequestEncodingError',
  'RequestHeadersError',
  'RequestTooLargeError',
  'ResponseBodyError',
  'ResponseTooLargeError',
  'TimeoutError',
  'TransportClosedError',
  'TransportNotLoadedError',
]);
