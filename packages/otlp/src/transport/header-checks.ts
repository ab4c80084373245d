import { isRecord } from './value-checks.ts';

/**
 * Names of headers that the transport sets itself, in lower case. Users' values for them are ignored. They would
 * contradict the body (type, encoding, length) or the connection's framing, or, with `user-agent`, hide the exporter
 * from the collector (OTLP exporter specification, "User Agent"; the option `userAgent` adds to it).
 */
export const PROTECTED_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);

/** RFC 9110 5.1 and 5.5: a name is a token; a value has no control characters except tab, and fits Latin-1. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
export const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * @returns the same headers under names in lower case, without the protected ones
 * @throws TypeError that names a header that cannot be sent; never its value, which may be a secret
 */
export function checkHeaders(headers: unknown): Record<string, string> {
  if (!isRecord(headers)) throw new TypeError(`headers must be an object of strings, got a ${typeof headers}`);
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (!HEADER_NAME.test(name)) throw new TypeError('headers has a name that HTTP does not allow');
    if (typeof value !== 'string') throw new TypeError(`headers.${name} must be a string, got a ${typeof value}`);
    if (!HEADER_VALUE.test(value)) throw new TypeError(`headers.${name} has a character that HTTP does not allow`);
    if (!PROTECTED_HEADERS.has(name.toLowerCase())) checked[name.toLowerCase()] = value;
  }
  return checked;
}
