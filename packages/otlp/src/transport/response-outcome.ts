import type { FlushOutcome } from '@spillway/backpressure';
import { readJsonPartialSuccess, readJsonStatusMessage, readPartialSuccess, readStatusMessage } from './collector-message.ts';
import { excerpt } from './excerpt.ts';
import { parseHttpDate, parseRetryAfter } from './retry-after.ts';
import { OtlpTransportError } from './transport-error.ts';

/** Why a body is not the whole body, as a message says it. */
export type BodyProblem = 'is above maxResponseBytes' | 'was cut off' | 'could not be decompressed';

/** The collector's answer to one request, as far as it was read. */
export interface HttpAnswer {
  /** 0 where a browser hides the status of a redirect. */
  readonly statusCode: number;
  readonly retryAfter: string | null | undefined;
  /** The header `Date`: when it is for the server. */
  readonly date: string | null | undefined;
  readonly contentType: string | null | undefined;
  /** Empty where nothing came, or nothing that could be kept. */
  readonly body: Uint8Array;
  readonly bodyProblem: BodyProblem | undefined;
}

export interface ResponseOutcomeContext {
  /** The collector's host, for messages. */
  readonly host: string;
  /** See the option of this name. */
  readonly maxRetryAfterMillis: number;
  /** Milliseconds since 1970 by the clock here, for answers without a date. */
  readonly now: number;
}

/** The text of Go's `http.MaxBytesError`, which the Collector passes on (v0.161.0, receiver/otlpreceiver/otlphttp.go). */
const COLLECTOR_TOO_LARGE = 'http: request body too large';

/** Most answers: success, and nothing beside it. */
const DELIVERED: FlushOutcome = { kind: 'delivered' };

/**
 * What an answer means, by OTLP 1.9, "OTLP/HTTP Response".
 *
 * | status | outcome | because |
 * |---|---|---|
 * | 2xx | `delivered`, whatever becomes of the body | the status says that the collector has it; to send again would make duplicates |
 * | any other, with a body above `maxResponseBytes` | `refused` | OTLP has the client take such an answer for an error that is not to be retried |
 * | 429, 503 | `throttled` | the server itself says that it has too much to do, so every flush waits: for `Retry-After`, or else a backoff |
 * | 502, 504 | `throttled` with `Retry-After`, else `retry` | a gateway says that the server behind it is broken or away: this says nothing of load |
 * | 401, 403 | `retry`, denied | while credentials are rotated this passes, although OTLP calls it final. `Credentials` refuses the request if that is not to be expected |
 * | 413 | `too_large` | a smaller request may pass |
 * | 400 that says `request body too large` | `too_large` | so the Collector puts it, for want of 413 |
 * | any other | `refused` | repeating will not change it. Redirects are not followed: they would carry telemetry and credentials elsewhere |
 */
export function outcomeOfAnswer(answer: HttpAnswer, context: ResponseOutcomeContext): FlushOutcome {
  const { statusCode } = answer;
  if (isSuccess(statusCode)) return outcomeOfSuccess(answer, context.host);
  if (answer.bodyProblem === 'is above maxResponseBytes') {
    return { kind: 'refused', error: new OtlpTransportError('ResponseTooLargeError', bodyMessage(answer, context.host), { statusCode }) };
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
      const retryAfterMs = parseRetryAfter(answer.retryAfter, serverTime(answer, context.now), context.maxRetryAfterMillis);
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

function outcomeOfSuccess(answer: HttpAnswer, host: string): FlushOutcome {
  const { statusCode } = answer;
  if (answer.bodyProblem !== undefined) {
    return { kind: 'delivered', error: new OtlpTransportError('ResponseBodyError', bodyMessage(answer, host), { statusCode }) };
  }
  if (answer.body.length === 0) return DELIVERED;
  try {
    const { rejected, message } = isJson(answer) || startsAsJson(answer.body) ? readJsonPartialSuccess(answer.body) : readPartialSuccess(answer.body);
    if (rejected === 0 && message === '') return DELIVERED;
    const what = rejected === 0 ? 'warned' : `refused ${rejected} items`;
    const error = new OtlpTransportError('PartialSuccessError', withDetail(`${host} ${what}`, message), { statusCode });
    return rejected === 0 ? { kind: 'delivered', error } : { kind: 'delivered', rejected, error };
  } catch {
    const said = withDetail(`${host} answered ${statusCode}, and the body is not an OTLP response`, new TextDecoder().decode(answer.body));
    return { kind: 'delivered', error: new OtlpTransportError('ResponseBodyError', said, { statusCode }) };
  }
}

function bodyMessage({ statusCode, bodyProblem }: HttpAnswer, host: string): string {
  return `${host} answered ${statusCode}${bodyProblem === undefined ? '' : `, and the body ${bodyProblem}`}`;
}

/** The clock here may be wrong, or jump, and the server means its own. */
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

/** What the server says in the body of a failure: a google.rpc.Status in protobuf or JSON if the type says so, otherwise text. */
function messageOf(answer: HttpAnswer): string {
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

/** Some gateways send JSON and no type. No protobuf response begins with a brace: it would be a group, which OTLP does not have. */
function startsAsJson(body: Uint8Array): boolean {
  return body[0] === 0x7b;
}

function isJson({ contentType }: HttpAnswer): boolean {
  return contentType != null && /[/+]json\b/i.test(contentType);
}
