/**
 * No server means "come back in more than a day": that is a mistake of units, such as a time in seconds since 1970.
 */
const MAX_CREDIBLE_MILLIS = 24 * 60 * 60 * 1000;

/**
 * Reads `Retry-After` in both of its forms (RFC 9110 10.2.3).
 * @param value the header; `undefined` if there was none
 * @param now milliseconds since 1970 by the server's clock, for comparison with a date
 * @param maxMillis the longest wait that is returned
 * @returns milliseconds to wait, above 0; `undefined` for no header, garbage, no wait at all, or more than a day, so
 *   that the sender's own backoff applies
 */
export function parseRetryAfter(value: string | null | undefined, now: number, maxMillis: number): number | undefined {
  const text = value?.trim() ?? '';
  const millis = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : parseHttpDate(text) - now;
  return credibleWait(millis, maxMillis);
}

/** @returns `undefined` for no wait at all, or more than a day, so that the sender's own backoff applies */
export function credibleWait(millis: number, maxMillis: number): number | undefined {
  return millis > 0 && millis <= MAX_CREDIBLE_MILLIS ? Math.min(Math.ceil(millis), maxMillis) : undefined;
}

/** The three forms of a date in RFC 9110 5.6.7 begin with the day of the week. A number does not. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/** @returns milliseconds since 1970; NaN if the text is not an HTTP date */
export function parseHttpDate(text: string): number {
  // The form of C's asctime() has no zone, and means GMT.
  return HTTP_DATE.test(text) ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) : NaN;
}
