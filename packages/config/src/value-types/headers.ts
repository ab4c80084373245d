import type { Parsed, ValueType } from './value-type.ts';

/** Header values by name, in the spelling given. */
export type Headers = Readonly<Record<string, string>>;

// RFC 9110, 5.6.2 (token) and 5.5 (field value). Any other text makes `node:http` and `fetch` throw at every single
// request, and a decoded line break would smuggle a header in.
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * A list of `name=value` entries between commas, percent-decoded: W3C Baggage without its metadata.
 * A bad entry is left out and the others count. No warning shows any part of the text. The value is usually a
 * credential, and if a `=` was forgotten, the credential is read as the name.
 * https://github.com/open-telemetry/opentelemetry-specification/blob/v1.60.0/specification/protocol/exporter.md#specifying-headers-via-environment-variables
 */
export const headers: ValueType<Headers> = {
  name: 'list of name=value',
  mayHoldSecret: () => true,
  parse(text) {
    const found = new Map<string, string>();
    const problems: string[] = [];
    for (const [index, entry] of text.split(',').entries()) {
      if (entry.trim() === '') continue;
      const { value: header, problem } = parseEntry(entry);
      if (problem !== undefined) problems.push(`entry ${index + 1} ${problem}`);
      if (header !== undefined) found.set(header.name, header.value);
    }
    return {
      // fromEntries defines properties, so a header called __proto__ is a header like any other.
      ...(found.size > 0 && { value: Object.fromEntries(found) }),
      ...(problems.length > 0 && { problem: problems.join('; ') }),
    };
  },
};

/**
 * Joins two lists. Names are compared without case, as HTTP does. An entry of `winner` replaces its namesake in
 * `loser`.
 */
export function mergeHeaders(loser: Headers, winner: Headers): Headers {
  const taken = new Set(Object.keys(winner).map((name) => name.toLowerCase()));
  const kept = Object.entries(loser).filter(([name]) => !taken.has(name.toLowerCase()));
  return Object.fromEntries([...kept, ...Object.entries(winner)]);
}

function parseEntry(entry: string): Parsed<{ name: string; value: string }> {
  const [pair = '', ...metadata] = entry.split(';');
  const equals = pair.indexOf('=');
  if (equals === -1) return { problem: 'has no "="' };

  const name = percentDecoded(pair.slice(0, equals).trim());
  const value = percentDecoded(pair.slice(equals + 1).trim());
  if (name === undefined || value === undefined)
    return { problem: 'has a "%" that is not followed by an encoded character' };
  if (!TOKEN.test(name)) return { problem: 'has a name that no HTTP header may have' };
  // Usually the shell variable that should have supplied the value was not set.
  if (value === '') return { problem: 'has no value' };
  if (!FIELD_VALUE.test(value)) return { problem: 'has a character that no HTTP header may hold' };

  return metadata.length === 0
    ? { value: { name, value } }
    : { value: { name, value }, problem: 'is cut at its ";": in a value, write %3B instead' };
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
