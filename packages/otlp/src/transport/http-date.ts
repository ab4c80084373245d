/** The three forms of a date in RFC 9110 5.6.7 begin with the day of the week; no number does. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/** @returns milliseconds since 1970; NaN for what is no date of HTTP */
export function parseHttpDate(text: string): number {
  // The form of C's asctime() names no zone, and means GMT.
  return HTTP_DATE.test(text) ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) : NaN;
}
