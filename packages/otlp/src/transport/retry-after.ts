/**
 * Beyond a day no server means "come back later": it is a mistake of units, such as a moment in seconds since 1970.
 */
const MAX_CREDIBLE_MILLIS = 24 * 60 * 60 * 1000;

/**
 * Reads `Retry-After` in both of its forms (RFC 9110 10.2.3).
 * @param value the header; `undefined` where there was none
 * @param now milliseconds since 1970 by the server's clock, to which a date is compared
 * @param maxMillis longest wait that is given back
 * @returns milliseconds to wait, above 0; `undefined` for no header, garbage, no wait at all, or more than a day, so that
 *   the sender's own backoff applies
 */
export function parseRetryAfter(value: string | null | undefined, now: number, maxMillis: number): number | undefined {
  const text = value?.trim() ?? '';
  const millis = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : parseHttpDate(text) - now;
  return millis > 0 && millis <= MAX_CREDIBLE_MILLIS ? Math.min(Math.ceil(millis), maxMillis) : undefined;
}

/** The three forms of a date in RFC 9110 5.6.7 begin with the day of the week; no number does. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/** @returns milliseconds since 1970; NaN for what is no date of HTTP */
export function parseHttpDate(text: string): number {
  // The form of C's asctime() names no zone, and means GMT.
  return HTTP_DATE.test(text) ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) : NaN;
}
