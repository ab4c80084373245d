import { describe, expect, it } from 'vitest';
import { AttributeEncoder } from '../../src/encoding/attribute-encoder.ts';
import { TextField } from '../../src/encoding/text-field.ts';
import { ProtobufWriter } from '../../src/protobuf/protobuf-writer.ts';
import { memoryInUse } from '../buffer/memory-in-use.ts';

const TAG = 0x0a;
const MEGABYTE = 1024 * 1024;

function newWriter(): ProtobufWriter {
  return new ProtobufWriter((needed) => new Uint8Array(needed));
}

function written(write: (writer: ProtobufWriter) => void): string {
  const writer = newWriter();
  write(writer);
  return Buffer.from(writer.bytes.subarray(0, writer.position)).toString('latin1');
}

/** A text in the form of a field: tag, length, text. */
function field(text: string): string {
  return String.fromCharCode(TAG, text.length) + text;
}

describe('a field whose texts are often repeated', () => {
  it.each<[string, (index: number) => string]>([
    ['the same', () => 'GET /orders'],
    ['nearly always the same', (index) => (index % 100 === 99 ? 'ERROR' : 'INFO')],
    ['now and then another, for long', (index) => `route ${index >> 9}`],
    ['always another', (index) => `GET /orders/${index}`],
    ['of the same length, but different', (index) => `GET /orders/${10_000 + (index % 7)}`],
    ['of any length', (index) => 'x'.repeat(index % 127)],
    ['like a number', (index) => String(index >> 5)],
    ['with names of inherited properties', (index) => ['__proto__', 'constructor', 'toString'][(index >> 4) % 3] ?? ''],
    ['parts of others', (index) => `abc${'x'.repeat(20)}${index >> 3}`.slice(1)],
  ])('is written with its own text, whichever it was before: %s', (_, textOf) => {
    const name = new TextField(TAG);
    for (let index = 0; index < 20_000; index += 1) {
      const text = textOf(index);
      expect(written((writer) => name.write(writer, text))).toBe(text === '' ? '' : field(text));
    }
  });

  it.each([undefined, null, 5, {}, ['GET'], Symbol('GET')])(
    'is not written if its value is not a text: %s',
    (value) => {
      const name = new TextField(TAG);
      for (const text of ['GET', 'GET', value, 'GET']) written((writer) => name.write(writer, text));
      expect(written((writer) => name.write(writer, value))).toBe('');
    },
  );

  it('is written with the tag of its message, if two have the same key and text', () => {
    const attributes = new AttributeEncoder();
    for (let index = 0; index < 20; index += 1) {
      for (const tag of [0x0a, 0x4a]) {
        const bytes = written((writer) => void attributes.write(writer, tag, { method: 'GET' }));
        expect(bytes.charCodeAt(0)).toBe(tag);
      }
    }
  });

  it('has the text that an array has now', () => {
    const attributes = new AttributeEncoder();
    const list = ['GET'];
    for (let index = 0; index < 20; index += 1) written((writer) => void attributes.write(writer, TAG, { list }));
    list[0] = 'PUT';
    expect(written((writer) => void attributes.write(writer, TAG, { list }))).toContain('PUT');
  });

  it('keeps no large text alive of which it was a part', async () => {
    const attributes = new AttributeEncoder();
    const name = new TextField(TAG);
    const before = await memoryInUse();
    for (let key = 0; key < 100; key += 1) {
      const large = `${key} `.repeat(MEGABYTE / 2);
      const part = large.slice(0, 40);
      for (let index = 0; index < 10; index += 1) {
        written((writer) => void attributes.write(writer, TAG, { [`key.${key}`]: part }));
        written((writer) => name.write(writer, part));
      }
    }
    expect((await memoryInUse()) - before).toBeLessThan(10 * MEGABYTE);
    expect(attributes.write(newWriter(), TAG, {})).toBe(0);
  });

  it('takes little memory, however many keys have texts that are repeated', async () => {
    const attributes = new AttributeEncoder();
    const before = await memoryInUse();
    for (let key = 0; key < 30_000; key += 1) {
      const set = { [`key.${key}`]: `text ${key}` };
      for (let index = 0; index < 10; index += 1) written((writer) => void attributes.write(writer, TAG, set));
    }
    expect((await memoryInUse()) - before).toBeLessThan(8 * MEGABYTE);
    expect(attributes.write(newWriter(), TAG, {})).toBe(0);
  });
});
