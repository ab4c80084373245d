import type { FlushOutcome } from '@spillway/backpressure';
import { excerpt } from './excerpt.ts';
import { GRPC_STATUS, grpcStatusName } from './grpc-status.ts';
import { type BodyProblem, outcomeOfSuccess } from './response-outcome.ts';
import { credibleWait } from './retry-after.ts';
import { readRetryInfo } from './retry-info.ts';
import { OtlpTransportError } from './transport-error.ts';

/** The collector's answer to one call. */
export interface GrpcAnswer {
  readonly code: number;
  readonly details: string;
  /** The trailer `grpc-status-details-bin`. */
  readonly statusDetails: Uint8Array | undefined;
  /** The response; empty if nothing came, or nothing that could be kept. */
  readonly message: Uint8Array;
  readonly messageProblem?: BodyProblem | undefined;
  /** The status of HTTP, if a proxy answered in that alone. */
  readonly httpStatus?: number | undefined;
}

export interface GrpcOutcomeContext {
  /** The collector's host, for messages. */
  readonly host: string;
  /** See the option of this name. */
  readonly maxRetryAfterMillis: number;
}

/**
 * Servers refuse a message above their limit with these words: Go, Node and C++ "larger than max", Java and .NET
 * "exceeds", Rust (as OUT_OF_RANGE) "message length too large".
 */
const SAYS_TOO_LARGE =
  /larger than max|size larger than|exceeds (?:the )?(?:configured )?max|message length too large|too large/i;

/**
 * The outcome of an answer, by OTLP 1.9, "OTLP/gRPC Response". What is like an answer over HTTP has the same outcome as
 * there: see `outcomeOfAnswer`.
 *
 * | status | outcome | because |
 * |---|---|---|
 * | OK | `delivered` | |
 * | RESOURCE_EXHAUSTED, OUT_OF_RANGE that speak of the size | `too_large` | a smaller request may pass |
 * | RESOURCE_EXHAUSTED with `RetryInfo` | `throttled` | without it, OTLP says that the server does not recover: `refused` |
 * | UNAVAILABLE | `throttled` | for the time of `RetryInfo`, or without it for a backoff: this is the 503 of gRPC |
 * | UNAVAILABLE, by a proxy that answered 502 or 504 | `retry` | the server behind it is broken or absent, which says nothing about load |
 * | CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, DATA_LOSS | `retry` | |
 * | UNAUTHENTICATED, PERMISSION_DENIED | `retry`, denied | this is the 401 and 403 of gRPC |
 * | any other | `refused` | repeating will not change it |
 */
export function outcomeOfGrpcAnswer(answer: GrpcAnswer, context: GrpcOutcomeContext): FlushOutcome {
  const { code, details, statusDetails, message, messageProblem, httpStatus } = answer;
  if (code === GRPC_STATUS.OK) {
    const response = { statusCode: 200, contentType: undefined, body: message, bodyProblem: messageProblem };
    return outcomeOfSuccess(response, context.host);
  }
  const error = statusError(answer, context.host);
  const asked = statusDetails === undefined ? undefined : readRetryInfo(statusDetails);
  const retryAfterMs = asked === undefined ? undefined : credibleWait(asked, context.maxRetryAfterMillis);
  const throttled: FlushOutcome = { kind: 'throttled', error, ...(retryAfterMs !== undefined && { retryAfterMs }) };

  switch (code) {
    case GRPC_STATUS.RESOURCE_EXHAUSTED:
      if (SAYS_TOO_LARGE.test(details)) return { kind: 'too_large', error };
      return asked === undefined ? { kind: 'refused', error } : throttled;
    case GRPC_STATUS.OUT_OF_RANGE:
      return { kind: SAYS_TOO_LARGE.test(details) ? 'too_large' : 'retry', error };
    case GRPC_STATUS.UNAVAILABLE:
      return httpStatus === 502 || httpStatus === 504 ? { kind: 'retry', error } : throttled;
    case GRPC_STATUS.CANCELLED:
    case GRPC_STATUS.DEADLINE_EXCEEDED:
    case GRPC_STATUS.ABORTED:
    case GRPC_STATUS.DATA_LOSS:
      return { kind: 'retry', error };
    case GRPC_STATUS.UNAUTHENTICATED:
    case GRPC_STATUS.PERMISSION_DENIED:
      return { kind: 'retry', error, denied: true };
    default:
      return { kind: httpStatus === 413 ? 'too_large' : 'refused', error };
  }
}

function statusError({ code, details, httpStatus }: GrpcAnswer, host: string): OtlpTransportError {
  const name = grpcStatusName(code);
  const detail = excerpt(details);
  return new OtlpTransportError('GrpcStatusError', `${host} answered ${name}${detail === '' ? '' : `: ${detail}`}`, {
    code: name,
    ...(httpStatus !== undefined && { statusCode: httpStatus }),
  });
}
