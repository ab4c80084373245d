import { EncodedBuffer } from '@spillway/otlp';
import type { OtlpRequestBody } from '@spillway/otlp/transport';
import { sampleEncoder, type SampleItem } from '../../../otlp/test/buffer/sample-items.ts';
import { protobufFields } from '../../../otlp/src/transport/protobuf-fields.ts';

const LIST_OF_RESOURCES = 1;
/** The number of the list of scopes in a resource, and of the list of items in a scope. */
const LIST = 2;

/** The ids of the sample items in a request, in order. */
export function idsInRequest({ chunks }: OtlpRequestBody): number[] {
  return [...itemsIn(Buffer.concat(chunks))].map(({ bytes }) => Buffer.from(bytes).readUInt32LE(0));
}

/** Two requests that have the items of one. Each item has the size that it had. */
export function halvesOfRequest({ chunks }: OtlpRequestBody): { items: number; body: OtlpRequestBody }[] {
  const items = [...itemsIn(Buffer.concat(chunks))].map(({ bytes, whole }): SampleItem => ({
    id: Buffer.from(bytes).readUInt32LE(0),
    bytes: whole,
  }));
  const middle = items.length >> 1;
  return [items.slice(0, middle), items.slice(middle)].map((half) => ({ items: half.length, body: requestOf(half) }));
}

/** A request that carries these items. */
export function requestOf(items: readonly SampleItem[]): OtlpRequestBody {
  const buffer = new EncodedBuffer({ encoder: sampleEncoder });
  for (const item of items) buffer.push(item, { lane: 0 });
  return buffer.assembleRequest(buffer.take(Infinity, Infinity));
}

function* itemsIn(request: Uint8Array): Generator<{ bytes: Uint8Array; whole: number }> {
  for (const resource of membersOf(request, LIST_OF_RESOURCES))
    for (const scope of membersOf(resource, LIST))
      for (const bytes of membersOf(scope, LIST))
        yield { bytes, whole: bytes.length + 1 + (bytes.length < 0x80 ? 1 : bytes.length < 0x4000 ? 2 : 3) };
}

function* membersOf(message: Uint8Array, list: number): Generator<Uint8Array> {
  for (const { number, bytes } of protobufFields(message, { left: Infinity }))
    if (number === list && bytes !== undefined) yield bytes;
}
