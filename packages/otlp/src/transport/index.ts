export { createExporterTransport, createTransport } from './create-transport.ts';
export { isUnreachable } from './failure-outcome.ts';
export type { LineOutput } from './line-output.ts';
export { loadOnFirstUse, type PromisedTransport } from './load-on-first-use.ts';
export type {
  GrpcRequestToHandOver,
  HttpRequestToHandOver,
  OutgoingRequest,
  RequestToHandOver,
} from './outgoing-request.ts';
export type { Proxy } from './proxy-environment.ts';
export { KEEPALIVE_BYTES } from './keepalive-budget.ts';
export { joinedBody, type OtlpRequestBody } from './request-body.ts';
export { halvesOf, itemsIn } from './request-halves.ts';
export { shownPath } from './shown-path.ts';
export { isOtlpTransportError, OtlpTransportError, type OtlpTransportErrorName } from './transport-error.ts';
export { type OtlpTransportOptions, TRANSPORT_DEFAULTS } from './transport-options.ts';
export type { OtlpTransport } from './transport.ts';
