import { type FlushOutcome, wallTime } from '@spillway/backpressure';
import { outcomeOfTooLarge } from './attempt.ts';
import type { BodyCompression } from './body-compression.ts';
import type { BodyEncoding } from './body-encoding.ts';
import type { Deadline } from './deadline.ts';
import type { OtlpRequestBody } from './request-body.ts';
import { type HttpAnswer, outcomeOfAnswer } from './response-outcome.ts';
import type { ResolvedTransportOptions } from './transport-options.ts';

/** What a request over HTTP says of its body. */
export interface BodyHeaders {
  readonly 'content-encoding'?: string;
}

/** How a transport treats bodies. */
export interface BodyRules {
  readonly encoding: BodyEncoding;
  readonly compression: BodyCompression;
  readonly options: Pick<ResolvedTransportOptions, 'url' | 'maxRequestBytes' | 'maxRetryAfterMillis'>;
}

/**
 * The common part of an attempt over HTTP, whatever posts it: encodes and compresses the body, and judges the answer.
 * @param post sends the body; gives the answer, or the outcome if there was none
 */
export async function sendBody(
  { encoding: { encode }, compression, options }: BodyRules,
  body: OtlpRequestBody,
  deadline: Deadline,
  post: (body: OtlpRequestBody, headers: BodyHeaders) => Promise<HttpAnswer | FlushOutcome>,
): Promise<FlushOutcome> {
  const encoded = encode === undefined ? body : await deadline.race(encode(body));
  if (encoded.byteLength > options.maxRequestBytes) return outcomeOfTooLarge(encoded, options);
  // Not raced with the deadline: the compression reads the body's bytes until it is done.
  const result = await compression.send(encoded, async (sent, contentEncoding) =>
    post(sent, contentEncoding === undefined ? {} : { 'content-encoding': contentEncoding }),
  );
  return 'statusCode' in result ? outcomeOfHttp(result, options) : result;
}

/** Judges an answer that has just come. */
export function outcomeOfHttp(
  answer: HttpAnswer,
  { url, maxRetryAfterMillis }: Pick<ResolvedTransportOptions, 'url' | 'maxRetryAfterMillis'>,
): FlushOutcome {
  return outcomeOfAnswer(answer, { host: url.host, maxRetryAfterMillis, now: wallTime() });
}
