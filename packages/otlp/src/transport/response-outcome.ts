import type { FlushOutcome } from '@spillway/backpressure';
import {
  readJsonPartialSuccess,
  readJsonStatusMessage,
  readPartialSuccess,
  readStatusMessage,
} from './collector-message.ts';
import { excerpt } from './excerpt.ts';
import { parseHttpDate, parseRetryAfter } from './retry-after.ts';
import { OtlpTransportError } from './transport-error.ts';

/** Why a body is incomplete, in the words of a message. */
export type BodyProblem = 'is above maxResponseBytes' | 'was cut off' | 'could not be decompressed';

/** The collector's answer to one request, as far as it was read. */
export interface HttpAnswer {
  /** 0 if a browser hides the status of a redirect. */
  readonly statusCode: number;
  readonly retryAfter: string | null | undefined;
  /** The header `Date`: the server's time. */
  readonly date: string | null | undefined;
  readonly contentType: string | null | undefined;
  /** Empty if nothing came, or nothing that could be kept. */
  readonly body: Uint8Array;
  readonly bodyProblem: BodyProblem | undefined;
}

export interface ResponseOutcomeContext {
  /** The collector's host, for messages. */
  readonly host: string;
  /** See the option of this name. */
  readonly maxRetryAfterMillis: number;
  /** Milliseconds since 1970 by the local clock, for answers without a date. */
  readonly now: number;
}

/**
 * The text of Go's `http.MaxBytesError`, which the Collector passes on (v0.161.0, receiver/otlpreceiver/otlphttp.go).
 */
const COLLECTOR_TOO_LARGE = 'http: request body too large';

/** Most answers: success without anything else. */
const DELIVERED: FlushOutcome = { kind: 'delivered' };

/**
 * The outcome of an answer, by OTLP 1.9, "OTLP/HTTP Response".
 *
 * | status | outcome | because |
 * |---|---|---|
 * | 2xx | `delivered`, whatever its body is | the status says that the collector has the request; sending it again would make duplicates |
 * | any other, with a body above `maxResponseBytes` | `refused` | OTLP says that such an error must not be retried |
 * | 429, 503 | `throttled` | the server itself is overloaded, so every flush waits: for `Retry-After`, or without it for a backoff |
 * | 502, 504 | `throttled` with `Retry-After`, otherwise `retry` | a gateway reports that the server behind it is broken or absent: this says nothing about load |
 * | 401, 403 | `retry`, denied | during a rotation of credentials this is temporary, although OTLP calls it final. `Credentials` refuses the request if it is not |
 * | 413 | `too_large` | a smaller request may pass |
 * | 400 that says `request body too large` | `too_large` | the Collector uses this instead of 413 |
 * | any other | `refused` | repeating will not change it. Redirects are not followed: they would send telemetry and credentials elsewhere |
 */
export function outcomeOfAnswer(answer: HttpAnswer, context: ResponseOutcomeContext): FlushOutcome {
  const { statusCode } = answer;
  if (isSuccess(statusCode)) return outcomeOfSuccess(answer, context.host);
  if (answer.bodyProblem === 'is above maxResponseBytes') {
    return {
      kind: 'refused',
      error: new OtlpTransportError('ResponseTooLargeError', bodyMessage(answer, context.host), { statusCode }),
    };
  }

  const isRedirect = statusCode === 0 || (statusCode >= 300 && statusCode < 400);
  const error = isRedirect
    ? statusError(answer, context.host, 'redirects are not followed, set the url to where the collector is')
    : statusError(answer, context.host, messageOf(answer));

  switch (statusCode) {
    case 400:
      return { kind: messageOf(answer).includes(COLLECTOR_TOO_LARGE) ? 'too_large' : 'refused', error };
    case 401:
    case 403:
      return { kind: 'retry', error, denied: true };
    case 413:
      return { kind: 'too_large', error };
    case 429:
    case 502:
    case 503:
    case 504: {
      const retryAfterMs = parseRetryAfter(
        answer.retryAfter,
        serverTime(answer, context.now),
        context.maxRetryAfterMillis,
      );
      if (retryAfterMs !== undefined) return { kind: 'throttled', error, retryAfterMs };
      return { kind: statusCode === 429 || statusCode === 503 ? 'throttled' : 'retry', error };
    }
    default:
      return { kind: 'refused', error };
  }
}

/** Whether the status says that the collector has the request. */
export function isSuccess(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** The outcome of an answer whose status says that the collector has the request. */
export function outcomeOfSuccess(
  answer: Pick<HttpAnswer, 'statusCode' | 'contentType' | 'body' | 'bodyProblem'>,
  host: string,
): FlushOutcome {
  const { statusCode } = answer;
  if (answer.bodyProblem !== undefined) {
    return {
      kind: 'delivered',
      error: new OtlpTransportError('ResponseBodyError', bodyMessage(answer, host), { statusCode }),
    };
  }
  if (answer.body.length === 0) return DELIVERED;
  try {
    const { rejected, message } =
      isJson(answer) || startsAsJson(answer.body)
        ? readJsonPartialSuccess(answer.body)
        : readPartialSuccess(answer.body);
    if (rejected === 0 && message === '') return DELIVERED;
    const what = rejected === 0 ? 'warned' : `rejected ${rejected} items`;
    const error = new OtlpTransportError('PartialSuccessError', withDetail(`${host} ${what}`, message), { statusCode });
    return rejected === 0 ? { kind: 'delivered', error } : { kind: 'delivered', rejected, error };
  } catch {
    const said = withDetail(
      `${host} answered ${statusCode}, and the body is not an OTLP response`,
      new TextDecoder().decode(answer.body),
    );
    return { kind: 'delivered', error: new OtlpTransportError('ResponseBodyError', said, { statusCode }) };
  }
}

function bodyMessage(
  { statusCode, bodyProblem }: Pick<HttpAnswer, 'statusCode' | 'bodyProblem'>,
  host: string,
): string {
  return `${host} answered ${statusCode}${bodyProblem === undefined ? '' : `, and the body ${bodyProblem}`}`;
}

/** The local clock may be wrong, or jump, and the server means its own. */
function serverTime({ date }: HttpAnswer, now: number): number {
  const time = parseHttpDate(date ?? '');
  return Number.isNaN(time) ? now : time;
}

function statusError(answer: HttpAnswer, host: string, detail: string): OtlpTransportError {
  const { statusCode } = answer;
  const answered = statusCode === 0 ? `${host} answered with a redirect` : bodyMessage(answer, host);
  return new OtlpTransportError('HttpStatusError', withDetail(answered, detail), { statusCode });
}

function withDetail(sentence: string, detail: string): string {
  const shown = excerpt(detail);
  return shown === '' ? sentence : `${sentence}: ${shown}`;
}

/** The server's message in a failure: a google.rpc.Status in protobuf or JSON, by its content type, otherwise text. */
export function messageOf(answer: HttpAnswer): string {
  const { body, contentType } = answer;
  if (body.length === 0) return '';
  if (isJson(answer)) return readJsonStatusMessage(body) ?? new TextDecoder().decode(body);
  if (contentType?.includes('protobuf') !== true) return new TextDecoder().decode(body);
  try {
    return readStatusMessage(body);
  } catch {
    return '';
  }
}

/** Some gateways send JSON without a type. A brace would begin a group in protobuf, and OTLP has no groups. */
function startsAsJson(body: Uint8Array): boolean {
  return body[0] === 0x7b;
}

function isJson({ contentType }: Pick<HttpAnswer, 'contentType'>): boolean {
  return contentType != null && /[/+]json\b/i.test(contentType);
}
