/** Fields that are a 64-bit integer in the definitions: OTLP/JSON has them as strings, upstream mostly as numbers. */
const INT64 = new Set(['intValue', 'asInt', 'count', 'zeroCount', 'bucketCounts']);

/** Fields that are a floating-point number in the definitions. */
const DOUBLE = new Set(['doubleValue', 'asDouble', 'sum', 'min', 'max', 'explicitBounds']);

/** Members of a oneof: they mean something even if their value is a default. */
const ONEOF =
  /^(stringValue|boolValue|intValue|doubleValue|arrayValue|kvlistValue|bytesValue|asInt|asDouble|gauge|sum|histogram|exponentialHistogram)$/;

const END_INT64 = 2 ** 63;

/**
 * A JSON request in the one form in which two that mean the same are equal. It removes the differences between
 * upstream's serializers and OTLP/JSON, which are:
 * - upstream writes 64-bit integers other than times as numbers, and one that is too large for 64 bits as `intValue`
 * - upstream writes `null` instead of NaN and infinities, and 0 instead of -0
 * - upstream writes ids in the case in which the application gave them
 * - upstream leaves out the dropped attributes of a scope that has no others
 * - upstream writes some fields that have their default value, and the schema URL of a resource twice
 */
export function comparable(json: unknown, name = ''): unknown {
  if (Array.isArray(json)) return json.map((element) => comparable(element, name));
  if (typeof json === 'object' && json !== null) return comparableObject(json, name);
  if (INT64.has(name)) return String(BigInt(json as number | string));
  if (name === 'traceId' || name === 'spanId' || name === 'parentSpanId') return String(json).toLowerCase();
  if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return DOUBLE.has(name) ? null : json;
  return Object.is(json, -0) ? 0 : json;
}

function comparableObject(json: object, objectName: string): unknown {
  const { intValue } = json as { readonly intValue?: unknown };
  if (typeof intValue === 'number' && (intValue >= END_INT64 || intValue < -END_INT64))
    return { doubleValue: intValue };
  const members = Object.entries(json)
    .filter(([name]) => !(name === 'schemaUrl' && 'attributes' in json))
    .filter(([name]) => !(name === 'droppedAttributesCount' && objectName === 'scope' && !('attributes' in json)))
    .map(([name, value]) => [name, comparable(value, name)] as const);
  return Object.fromEntries(members.filter(([name, value]) => ONEOF.test(name) || !isDefault(value)));
}

function isDefault(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === 0 || value === '0' || value === '' || value === false;
}
