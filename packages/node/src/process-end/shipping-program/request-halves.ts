import { type ProtobufField, protobufFields } from '../../../../otlp/src/transport/protobuf-fields.ts';

const LENGTH_DELIMITED = 2;

/**
 * Numbers of the fields that lead to the items: a request lists resources (1), what a resource emitted is a list of scopes (2),
 * and what a scope emitted a list of items (2). Source: opentelemetry-proto 1.9, trace/v1/trace.proto, logs/v1/logs.proto.
 */
const LISTS = [1, 2, 2];

/**
 * Splits a request that is too large for the collector into two. Both repeat the resource and the scope that they need. All
 * fields on the way to the items are length-delimited.
 * @returns nothing if there is only one item
 * @throws RangeError if the bytes are not such a request
 */
export function halvesOf(message: Uint8Array, depth = 0): readonly Uint8Array[] {
  const list = LISTS[depth];
  const fields = list === undefined ? [] : [...protobufFields(message, { left: Infinity })];
  const members = fields.filter(({ number }) => number === list);
  const others = fields.filter(({ number }) => number !== list).map(encoded);
  const [only] = members;
  if (list === undefined || only === undefined) return [];
  const middle = members.length >> 1;
  const halves =
    middle > 0
      ? [members.slice(0, middle), members.slice(middle)]
      : halvesOf(contentOf(only), depth + 1).map((bytes) => [{ number: list, bytes }]);
  return halves.map((half) => Buffer.concat([...others, ...half.map(encoded)]));
}

/** @throws RangeError if the bytes are not such a request */
export function itemsIn(message: Uint8Array, depth = 0): number {
  let count = 0;
  for (const field of protobufFields(message, { left: Infinity })) {
    if (field.number !== LISTS[depth]) continue;
    count += depth === LISTS.length - 1 ? 1 : itemsIn(contentOf(field), depth + 1);
  }
  return count;
}

type Field = Pick<ProtobufField, 'number' | 'bytes'>;

function encoded(field: Field): Uint8Array {
  const content = contentOf(field);
  return Buffer.concat([varint(field.number * 8 + LENGTH_DELIMITED), varint(content.length), content]);
}

function contentOf({ bytes }: Field): Uint8Array {
  if (bytes === undefined) throw new RangeError('a field of a request is not length-delimited');
  return bytes;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}
