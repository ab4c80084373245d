import { deepStrictEqual } from 'node:assert/strict';
import { admissionTo } from '@spillway/backpressure';
import { EncodedBuffer } from '@spillway/otlp';
import type { ItemEncoder } from '@spillway/otlp/encoding';
import { decodeRequest } from '../../encoding/request-of.ts';

let inputs = 0;
let different = 0;
process.on('exit', () => console.log(`${inputs} inputs encoded by both, of which ${different} differ`));

/**
 * Encodes the items with our encoder, as one request.
 * @throws if it differs from upstream's, when both are decoded with the definitions of OTLP
 */
export function sameRequest<Item>(
  signal: 'traces' | 'logs',
  encoder: ItemEncoder<Item>,
  items: readonly Item[],
  upstreams: Uint8Array,
): Uint8Array {
  const ours = requestOf(encoder, items);
  inputs += 1;
  different += 1;
  deepStrictEqual(decodeRequest(signal, ours), decodeRequest(signal, upstreams));
  different -= 1;
  return ours;
}

function requestOf<Item>(encoder: ItemEncoder<Item>, items: readonly Item[]): Uint8Array {
  const buffer = new EncodedBuffer<Item>({ encoder });
  for (const item of items) buffer.push(item, admissionTo(0));
  return Buffer.concat(buffer.assembleRequest(buffer.take(items.length, Infinity)).chunks);
}
