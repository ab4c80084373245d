import { createContext, runInNewContext } from 'node:vm';
import { moveMessagePortToContext } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { AttributeEncoder, exceptionAttributes, ProtobufWriter } from '../../src/encoding/index.ts';
import { MAX_ELEMENTS } from '../../src/encoding/any-value-encoder.ts';
import { decodeAttributes, type Plain } from './decode-attributes.ts';

function encode(value: unknown) {
  const onDropped = vi.fn<(key: string, error: unknown) => void>();
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed * 2));
  const dropped = new AttributeEncoder(onDropped).write(writer, 0x0a, { before: 1, value, after: 2 });
  const attributes = Object.fromEntries(decodeAttributes(writer.bytes.subarray(0, writer.position)));
  expect(Object.keys(attributes)).toEqual(dropped === 0 ? ['before', 'value', 'after'] : ['before', 'after']);
  return { value: attributes['value'], dropped, why: (onDropped.mock.calls[0]?.[1] as Error | undefined)?.message };
}

const text = (string: string): Plain => ({ string });

class Money {
  readonly #cents = 250;
  get euros(): number {
    return this.#cents / 100;
  }
}
class Point {
  readonly x = 1;
  readonly y = 2;
}
class Id {
  readonly #id = 'a-1';
  toString(): string {
    return this.#id;
  }
}
class Order {
  readonly secret = 's';
  toJSON(): unknown {
    return { id: 7 };
  }
}
class Matryoshka {
  toJSON(): Matryoshka {
    return new Matryoshka();
  }
}
class PretendedMap {
  readonly a = 1;
  readonly [Symbol.toStringTag] = 'Map';
}

describe('an object that is not made of its own properties', () => {
  it.each<[string, unknown, Plain]>([
    [
      'a Map with strings as keys, as a map',
      new Map<string, unknown>([
        ['a', 1],
        ['__proto__', [true]],
      ]),
      {
        map: [
          ['a', { int: '1' }],
          ['__proto__', { array: [{ bool: true }] }],
        ],
      },
    ],
    [
      'a Map with other keys, as the list of its pairs',
      new Map<unknown, unknown>([
        [1, 'x'],
        ['k', null],
      ]),
      { array: [{ array: [{ int: '1' }, text('x')] }, { array: [text('k'), 'empty'] }] },
    ],
    ['a Set, as the list of its elements', new Set([1, 'a']), { array: [{ int: '1' }, text('a')] }],
    ['a URL, as its text', new URL('https://shop.example/a?b=1'), text('https://shop.example/a?b=1')],
    ['parameters of a URL, as their text', new URLSearchParams({ a: '1' }), text('a=1')],
    [
      'Headers, as a map',
      new Headers({ Accept: 'text/html', 'x-a': 'b' }),
      {
        map: [
          ['accept', text('text/html')],
          ['x-a', text('b')],
        ],
      },
    ],
    ['a RegExp, as its text', /a+/giu, text('/a+/giu')],
    ['a RegExp with properties of its own, as its text', Object.assign(/a+/, { note: 1 }), text('/a+/')],
    // oxlint-disable-next-line no-new-wrappers, unicorn/new-for-builtins
    [
      'boxed values, unboxed',
      [new Number(1.5), new String('s'), new Boolean(false), Object(7n)],
      { array: [{ double: 1.5 }, text('s'), { bool: false }, { int: '7' }] },
    ],
    ['an array of large integers', BigInt64Array.of(1n, -1n), { array: [{ int: '1' }, { int: '-1' }] }],
    ['shared memory, as bytes', Object.assign(new SharedArrayBuffer(2)), { bytes: [0, 0] }],
    ['an instance with toJSON, as its result', new Order(), { map: [['id', { int: '7' }]] }],
    [
      'an instance with its own properties, as a map of them',
      new Point(),
      {
        map: [
          ['x', { int: '1' }],
          ['y', { int: '2' }],
        ],
      },
    ],
    ['an instance that can print itself, as its text', new Id(), text('a-1')],
    [
      'an instance that pretends to be a Map, as a map of its properties',
      new PretendedMap(),
      { map: [['a', { int: '1' }]] },
    ],
    [
      'a map of sets',
      { a: new Map([['b', new Set([1])]]) },
      { map: [['a', { map: [['b', { array: [{ int: '1' }] }]] }]] },
    ],
  ])('is sent with its meaning: %s', (_, value, expected) => {
    expect(encode(value)).toMatchObject({ value: expected, dropped: 0 });
  });

  it.each<[string, unknown]>([
    ['a promise', Promise.resolve(1)],
    ['a WeakMap', new WeakMap()],
    ['an instance that has only getters', new Money()],
    ['a boxed symbol', Object(Symbol('s'))],
    [
      'a Map that contains itself',
      (() => {
        const map = new Map<string, unknown>();
        return map.set('self', map);
      })(),
    ],
    [
      'a Set with more elements than a value may have',
      new Set(Array.from({ length: MAX_ELEMENTS + 1 }, (_, index) => index)),
    ],
    [
      'a toJSON that throws',
      new (class {
        toJSON(): never {
          throw new Error('no');
        }
      })(),
    ],
    ['a toJSON that never ends', new Matryoshka()],
    [
      'a toJSON that returns its object',
      new (class {
        toJSON(): unknown {
          return this;
        }
      })(),
    ],
    [
      'a proxy with endless prototypes',
      (() => {
        const endless = (): object => new Proxy(new Money(), { getPrototypeOf: endless });
        return endless();
      })(),
    ],
    [
      'an instance of endless classes',
      (() => {
        const endless = (): object => new Proxy(Money.prototype, { getPrototypeOf: endless });
        return endless();
      })(),
    ],
    [
      'a toString that throws',
      new (class {
        toString(): never {
          throw new Error('no');
        }
      })(),
    ],
    ['a function in a Map', new Map([['f', () => 1]])],
  ])('is left out and counted, if it has nothing to send: %s', (_, value) => {
    const { dropped, why } = encode(value);
    expect(dropped).toBe(1);
    expect(why).toEqual(expect.any(String));
  });

  it('is reported with its type, if it has nothing to send', () => {
    const rootless = Object.create(Object.create(Object.create(null), { constructor: { value: Money } }));
    expect(encode(rootless).why).toBe('a Object without properties of its own has no OTLP value');
    expect(encode(Promise.resolve(1)).why).toBe('a Promise without properties of its own has no OTLP value');
    expect(encode(new Date(Number.NaN)).why).toBe('an invalid date has no OTLP value');
    expect(encode(new Set(new Array(MAX_ELEMENTS + 1).keys())).why).toBe(`more than ${MAX_ELEMENTS} elements`);
  });

  it('is the same in another realm', () => {
    expect(
      encode(
        runInNewContext(
          '[new Map([["a", 1]]), new Set([1]), /a/, new Number(1), {}, new (class { toString() { return "me"; } })()]',
        ),
      ),
    ).toMatchObject({
      value: {
        array: [
          { map: [['a', { int: '1' }]] },
          { array: [{ int: '1' }] },
          text('/a/'),
          { int: '1' },
          { map: [] },
          text('me'),
        ],
      },
    });
    expect(encode(runInNewContext('new (class { #a = 1; get a() { return this.#a; } })()')).dropped).toBe(1);
  });
});

describe('an error', () => {
  const fieldsOf = (value: unknown): Record<string, Plain> => {
    const { value: sent, dropped } = encode(value);
    expect(dropped).toBe(0);
    return Object.fromEntries((sent as { map: [string, Plain][] }).map);
  };

  it('is sent with its name, message and stack, and its other properties with plain values', () => {
    const error = Object.assign(new TypeError('no such host'), {
      code: 'ENOTFOUND',
      status: 502,
      offset: 7n,
      request: { headers: { authorization: 'Bearer secret' } },
    });
    expect(fieldsOf(error)).toEqual({
      name: text('TypeError'),
      message: text('no such host'),
      stack: text(error.stack ?? ''),
      code: text('ENOTFOUND'),
      status: { int: '502' },
      offset: { int: '7' },
    });
  });

  it('is recognised in another realm, as an instance of a subclass, and as an error of the platform', () => {
    expect(fieldsOf(runInNewContext('new RangeError("far")'))).toMatchObject({
      name: text('RangeError'),
      message: text('far'),
    });
    expect(
      fieldsOf(
        new (class extends Error {
          override readonly name = 'Lost';
        })('where'),
      ),
    ).toMatchObject({ name: text('Lost'), message: text('where') });
    expect(fieldsOf(new DOMException('gone', 'AbortError'))).toMatchObject({
      name: text('AbortError'),
      message: text('gone'),
    });
  });

  it('is sent with its causes, whatever they are, and with the errors of an AggregateError', () => {
    expect(fieldsOf(new Error('outer', { cause: new Error('inner', { cause: 'a text' }) }))['cause']).toMatchObject({
      map: expect.arrayContaining([
        ['message', text('inner')],
        ['cause', text('a text')],
      ]),
    });
    expect(fieldsOf(new AggregateError([new Error('one'), 'two'], 'both'))['errors']).toMatchObject({
      array: [{ map: expect.arrayContaining([['message', text('one')]]) }, text('two')],
    });
  });

  it('is sent without those errors of an AggregateError that may hold secrets', () => {
    const request = { headers: { authorization: 'Bearer secret' } };
    expect(fieldsOf(new AggregateError(['one', request, 'two'], 'both'))['errors']).toEqual({
      array: [text('one'), text('two')],
    });
  });

  it('is sent even if its chain of causes is endless, circular, or cannot be read', () => {
    const circular = new Error('circular');
    circular.cause = new Error('between', { cause: circular });
    expect(JSON.stringify(fieldsOf(circular)).match(/"circular"/g)).toHaveLength(1);
    let endless = new Error('first');
    for (let index = 0; index < 1_000; index += 1) endless = new Error(`error ${index}`, { cause: endless });
    expect(JSON.stringify(fieldsOf(endless)).match(/"cause"/g)).toHaveLength(7);
    let tree: unknown = 'leaf';
    for (let level = 0; level < 20; level += 1)
      tree = new AggregateError([tree, new AggregateError([tree]), tree], `level ${level}`);
    expect(JSON.stringify(fieldsOf(tree)).match(/"message"/g)).toHaveLength(8);
    const carrying = new Error('carrying', { cause: { socket: endless } });
    expect(fieldsOf(carrying)).toEqual({
      name: text('Error'),
      message: text('carrying'),
      stack: text(carrying.stack ?? ''),
    });
    const secretive = Object.defineProperties(new Error('said'), {
      stack: {
        get: () => {
          throw new Error('no');
        },
      },
      cause: {
        get: () => {
          throw new Error('no');
        },
      },
    });
    expect(fieldsOf(secretive)).toEqual({ name: text('Error'), message: text('said') });
  });
});
describe('the attributes of a recorded exception', () => {
  it('say as much as the error has', () => {
    const error = new TypeError('no such host');
    expect(exceptionAttributes(error)).toEqual({
      'exception.type': 'TypeError',
      'exception.message': 'no such host',
      'exception.stacktrace': error.stack,
    });
    expect(exceptionAttributes(Object.defineProperty(new Error('said'), 'stack', { value: undefined }))).toEqual({
      'exception.type': 'Error',
      'exception.message': 'said',
    });
  });

  it('have the stacks of all causes, or their titles if they have no stack', () => {
    const inner = Object.defineProperty(new RangeError('inner'), 'stack', { value: undefined });
    const nameless = Object.defineProperties(new Error(''), { stack: { value: undefined }, cause: { value: inner } });
    const outer = new Error('outer', { cause: nameless });
    expect(exceptionAttributes(outer)['exception.stacktrace']).toBe(
      `${outer.stack}\n[cause]: Error\n[cause]: RangeError: inner`,
    );
  });

  it('have the first eight stacks of an endless chain, and each error of a circular one once', () => {
    let endless = new Error('first');
    for (let index = 0; index < 20; index += 1) endless = new Error(`error ${index}`, { cause: endless });
    expect(exceptionAttributes(endless)['exception.stacktrace']?.match(/\[cause\]/g)).toHaveLength(7);
    const circular = new Error('circular');
    circular.cause = circular;
    expect(exceptionAttributes(circular)['exception.stacktrace']).toBe(circular.stack);
  });
});

it('an error of the platform is recognised if it comes from another realm, as in jest', () => {
  const { port1 } = new MessageChannel();
  const port = moveMessagePortToContext(port1, createContext());
  onTestFinished(() => port.close());
  let thrown: unknown;
  try {
    port.postMessage(() => {});
  } catch (error) {
    thrown = error;
  }
  expect(thrown).not.toBeInstanceOf(Error);
  expect(encode(thrown).value).toMatchObject({
    map: expect.arrayContaining([
      ['name', text('DataCloneError')],
      ['message', text('() => {} could not be cloned.')],
    ]),
  });
});
