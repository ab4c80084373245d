import { describe, expect, it } from 'vitest';
import { putHexId, SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../src/encoding/hex-id.ts';
import { ProtobufWriter } from '../../src/protobuf/protobuf-writer.ts';

const TAG = 0x0a;
const SPAN_ID = 'b7ad6b7169203331';

/** The bytes that were put, or that it was refused, and the bytes that were put all the same. */
function put(id: unknown, byteLength: number): string {
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed));
  writer.reserve(2 + byteLength);
  const wasPut = putHexId(writer, TAG, id, byteLength);
  const hex = Buffer.from(writer.bytes.subarray(0, writer.position)).toString('hex');
  return wasPut ? hex : `refused${hex}`;
}

describe('an id in hex', () => {
  it.each([
    ['0af7651916cd43dd8448eb211c80319c', TRACE_ID_BYTES],
    ['0123456789ABCDEFabcdef9876543210', TRACE_ID_BYTES],
    ['0'.repeat(32), TRACE_ID_BYTES],
    ['F'.repeat(32), TRACE_ID_BYTES],
    [SPAN_ID, SPAN_ID_BYTES],
  ])('is put as its bytes: %s', (id, byteLength) => {
    expect(put(id, byteLength)).toBe(`0a${byteLength.toString(16).padStart(2, '0')}${id.toLowerCase()}`);
  });

  it('is refused for any character that is not a hex digit, at any place, and put for each that is', () => {
    for (let code = 0; code < 0x250; code += 1) {
      const character = String.fromCharCode(code);
      const isDigit = /^[0-9a-fA-F]$/.test(character);
      for (let at = 0; at < SPAN_ID.length; at += 1) {
        const id = SPAN_ID.slice(0, at) + character + SPAN_ID.slice(at + 1);
        expect(put(id, SPAN_ID_BYTES), JSON.stringify(id)).toBe(isDigit ? `0a08${id.toLowerCase()}` : 'refused');
      }
    }
  });

  it.each([
    ['an empty text', ''],
    ['one digit less', SPAN_ID.slice(1)],
    ['one digit more', `${SPAN_ID}0`],
    ['a character of two units', `${SPAN_ID.slice(2)}😀`],
    ['a lone surrogate', `${SPAN_ID.slice(1)}\ud800`],
    ['no text', undefined],
    ['a number', 1234567890123456],
    ['an array', Array.from(SPAN_ID)],
  ])('is refused if it is %s', (_, id) => {
    expect(put(id, SPAN_ID_BYTES)).toBe('refused');
  });
});
