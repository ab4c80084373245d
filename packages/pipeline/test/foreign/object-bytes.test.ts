import { describe, expect, it } from 'vitest';
import { objectBytes } from '../../src/foreign/object-bytes.ts';

const text = 'x'.repeat(100_000);

describe('the size of an item that is kept as an object', () => {
  it.each([
    ['an attribute', { attributes: { short: 'x', text } }],
    ['an array of strings', { attributes: { texts: ['x'.repeat(50_000), 'x'.repeat(50_000)] } }],
    ['the body of a log record', { body: text, attributes: {} }],
    ['a nested body', { body: { request: { headers: [text] } } }],
    ['bytes', { attributes: {}, body: new Uint8Array(100_000) }],
    [
      'the stack trace of an event',
      { attributes: {}, events: [{ name: 'exception', attributes: { 'exception.stacktrace': text } }] },
    ],
  ])('is the size of %s plus about a KiB', (_, item) => {
    expect(objectBytes(item)).toBe(1_024 + 100_000);
  });

  it('is about a KiB without a long string, or if the item cannot be read', () => {
    expect(objectBytes({ attributes: { short: 'x' }, body: 'short', events: [] })).toBe(1_024);
    expect(objectBytes({})).toBe(1_024);
    expect(objectBytes(null)).toBe(1_024);
    const hostile = {
      get attributes(): object {
        throw new Error('hostile');
      },
    };
    expect(objectBytes(hostile)).toBe(1_024);
  });

  it('is computed from a limited number of values, in a very large item and in one that contains itself', () => {
    let reads = 0;
    const elements = Array.from({ length: 100_000 }, () => ({
      get text() {
        return (reads += 1);
      },
    }));
    objectBytes({ attributes: { elements } });
    expect(reads).toBeGreaterThan(100);
    expect(reads).toBeLessThan(1_000);
    const cyclic: Record<string, unknown> = { text };
    cyclic['self'] = cyclic;
    expect(objectBytes({ attributes: cyclic })).toBeGreaterThan(100_000);
  });
});
