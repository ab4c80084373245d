import type { Signal } from '@spillway/config';
import { joinedBody } from './request-body.ts';
import { type ProtobufField, protobufFields } from './protobuf-fields.ts';

const LENGTH_DELIMITED = 2;

/**
 * Numbers of the fields that lead to the items: a request lists resources (1), what a resource emitted is a list of
 * scopes (2), and what a scope emitted a list of items (2). Source: opentelemetry-proto 1.9, trace/v1/trace.proto,
 * logs/v1/logs.proto.
 */
const TO_EVENTS: readonly (readonly number[])[] = [[1], [2], [2]];
/**
 * The items of metrics are data points: a metric has one field for its kind (gauge, sum, histogram, exponential
 * histogram, summary), and that has a list of points (1). Source: metrics/v1/metrics.proto.
 */
const TO_POINTS: readonly (readonly number[])[] = [...TO_EVENTS, [5, 7, 9, 10, 11], [1]];

function wayTo(signal: Signal): readonly (readonly number[])[] {
  return signal === 'metrics' ? TO_POINTS : TO_EVENTS;
}

/**
 * Splits a request that is too large for the collector into two. Both repeat what their items need: the resource, the
 * scope, and the metric. All fields on the way to the items are length-delimited.
 * @returns nothing if there is only one item
 * @throws RangeError if the bytes are not such a request
 */
export function halvesOf(signal: Signal, request: Uint8Array): readonly Uint8Array[] {
  return halves(request, wayTo(signal));
}

/** @throws RangeError if the bytes are not such a request */
export function itemsIn(signal: Signal, request: Uint8Array): number {
  return count(request, wayTo(signal));
}

function halves(message: Uint8Array, [list, ...deeper]: readonly (readonly number[])[]): readonly Uint8Array[] {
  if (list === undefined) return [];
  const fields = [...protobufFields(message, { left: Infinity })];
  const members = fields.filter(({ number }) => list.includes(number));
  const others = fields.filter(({ number }) => !list.includes(number)).map(encoded);
  const [only] = members;
  if (only === undefined) return [];
  const middle = members.length >> 1;
  const parts: readonly (readonly Field[])[] =
    middle > 0
      ? [members.slice(0, middle), members.slice(middle)]
      : halves(contentOf(only), deeper).map((bytes) => [{ number: only.number, bytes }]);
  return parts.map((part) => concatenated([...others, ...part.map(encoded)]));
}

function count(message: Uint8Array, [list, ...deeper]: readonly (readonly number[])[]): number {
  let items = 0;
  for (const field of protobufFields(message, { left: Infinity })) {
    if (list?.includes(field.number) !== true) continue;
    items += deeper.length === 0 ? 1 : count(contentOf(field), deeper);
  }
  return items;
}

type Field = Pick<ProtobufField, 'number' | 'bytes'> & Partial<ProtobufField>;

function encoded(field: Field): Uint8Array {
  // The temporality of a metric, and whether it is monotonic.
  if (field.varint !== undefined) return concatenated([varint(field.number * 8), varint(field.varint)]);
  const content = contentOf(field);
  return concatenated([varint(field.number * 8 + LENGTH_DELIMITED), varint(content.length), content]);
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

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  return joinedBody({ chunks: parts, byteLength: parts.reduce((sum, { length }) => sum + length, 0) });
}
