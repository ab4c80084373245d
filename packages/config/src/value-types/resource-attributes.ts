import type { Parsed, ValueType } from './value-type.ts';

/** Attributes of a resource by name. In a variable every value is a string. */
export type ResourceAttributes = Readonly<Record<string, string>>;

/**
 * A list of `name=value` entries between commas, both sides percent-decoded. One bad entry discards the whole list, as
 * the specification demands: half a resource could pass for another service. No warning shows any part of the text,
 * because somebody may have pasted a secret into it.
 * https://github.com/open-telemetry/opentelemetry-specification/blob/v1.60.0/specification/resource/sdk.md#specifying-resource-information-via-an-environment-variable
 */
export const resourceAttributes: ValueType<ResourceAttributes> = {
  name: 'list of name=value',
  mayHoldSecret: () => true,
  parse(text) {
    const found = new Map<string, string>();
    for (const [index, entry] of text.split(',').entries()) {
      if (entry.trim() === '') continue;
      const { value, problem } = parseEntry(entry);
      if (value === undefined) return { problem: `entry ${index + 1} ${problem}` };
      found.set(value.name, value.value);
    }
    // fromEntries defines properties, so an attribute called __proto__ is an attribute like any other.
    return found.size === 0 ? { problem: 'expected name=value' } : { value: Object.fromEntries(found) };
  },
};

function parseEntry(entry: string): Parsed<{ name: string; value: string }> {
  const equals = entry.indexOf('=');
  if (equals === -1) return { problem: 'has no "="' };
  try {
    const name = decodeURIComponent(entry.slice(0, equals).trim());
    const value = decodeURIComponent(entry.slice(equals + 1).trim());
    return name === '' ? { problem: 'has no name' } : { value: { name, value } };
  } catch {
    return { problem: 'has a "%" that is not followed by an encoded character' };
  }
}
