/**
 * The parts of the transports of Node, for a transport in a package of its own (see docs/add-a-transport.md), and for what
 * keeps requests.
 */
export { attempt, type AttemptOptions, outcomeOfClosed, outcomeOfDeadline } from '../transport/attempt.ts';
export { LEAST_COMPRESSED_BYTES } from '../transport/body-compression.ts';
export { ConnectionAges } from '../transport/connection-ages.node.ts';
export { Credentials } from '../transport/credentials.ts';
export type { Deadline } from '../transport/deadline.ts';
export { outcomeOfFailure } from '../transport/failure-outcome.ts';
export { type GrpcAnswer, outcomeOfGrpcAnswer } from '../transport/grpc-outcome.ts';
export { resolveGrpcOptions, type ResolvedGrpcOptions } from '../transport/grpc-options.ts';
export { EXPORT_METHODS, grpcProxyOf, grpcRequestToHandOver } from '../transport/grpc-request.ts';
export type { GrpcRequestToHandOver } from '../transport/outgoing-request.ts';
export { NAMES, type NameUse } from '../transport/name-lookup.node.ts';
export type { OtlpRequestBody } from '../transport/request-body.ts';
export { halvesOf, itemsIn } from '../transport/request-halves.ts';
export { RequestHeaders } from '../transport/request-headers.ts';
export { serverNameOf, TlsMaterial } from '../transport/tls-material.node.ts';
export { OtlpTransportError } from '../transport/transport-error.ts';
export type { OtlpTransportOptions } from '../transport/transport-options.ts';
export type { OtlpTransport } from '../transport/transport.ts';
