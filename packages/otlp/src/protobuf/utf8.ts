/**
 * Writes a string's UTF-8 at an index and returns the bytes written; lone surrogates become U+FFFD. Stops before a
 * character that does not fit.
 */
type Utf8Writer = (value: string, bytes: Uint8Array, at: number) => number;

/**
 * Up to this many units, a loop is faster than a native call, which costs 25 to 35 ns however short the string is
 * (`encodeInto`: 60 to 90 ns, most of it for the view it needs).
 */
const LOOP_UNITS = 16;
const LOOP_UNITS_WITHOUT_BUFFER = 30;

/** For platforms without `TextEncoder`, such as jest with jsdom. */
const plainWriter: Utf8Writer = (value, bytes, at) => {
  let position = at;
  // By code point; a lone surrogate is its own code point.
  for (const character of value) {
    let code = character.codePointAt(0) as number;
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) {
      bytes[position++] = code;
      continue;
    }
    const continuations = code < 0x800 ? 1 : code < 0x1_0000 ? 2 : 3;
    bytes[position++] = FIRST_BYTE_MARKS[continuations]! | (code >> (6 * continuations));
    for (let left = continuations - 1; left >= 0; left--) bytes[position++] = 0x80 | ((code >> (6 * left)) & 0x3f);
  }
  return position - at;
};

/** By the number of continuation bytes. */
const FIRST_BYTE_MARKS = [0, 0xc0, 0xe0, 0xf0];

function standardWriter(): Utf8Writer {
  if (typeof TextEncoder !== 'function') return plainWriter;
  const textEncoder = new TextEncoder();
  return (value, bytes, at) => textEncoder.encodeInto(value, bytes.subarray(at)).written;
}

/**
 * `Buffer.prototype.utf8Write` works on any Uint8Array, needs no view and is a fast call in Node: half the time of
 * `encodeInto`. It is not documented, so it is used only if it exists and is seen to work as expected: it respects the
 * index, touches nothing else, replaces lone surrogates, and cuts off what does not fit. Buffer is never imported,
 * because other runtimes lack it.
 */
function nativeWriter(): Utf8Writer | undefined {
  type Utf8Write = (this: Uint8Array, value: string, at: number, length: number) => number;
  const { Buffer } = globalThis as { Buffer?: { prototype?: { utf8Write?: Utf8Write } } };
  const utf8Write = Buffer?.prototype?.utf8Write;
  if (typeof utf8Write !== 'function') return undefined;
  const write: Utf8Writer = (value, bytes, at) => utf8Write.call(bytes, value, at, bytes.length - at);
  try {
    const probe = new Uint8Array(12);
    const isWhole = write('\u00e9a\ud800', probe, 2) === 6 && probe.join() === '0,0,195,169,97,239,191,189,0,0,0,0';
    const isCutOff = write('a\u00e9', probe, 10) === 1;
    return isWhole && isCutOff ? write : undefined;
  } catch {
    return undefined;
  }
}

const native = nativeWriter();
const writeNative: Utf8Writer = native ?? standardWriter();
const loopUnits = native === undefined ? LOOP_UNITS_WITHOUT_BUFFER : LOOP_UNITS;

/**
 * Writes a string's UTF-8 at an index of `bytes`, which `view` covers. Lone surrogates become U+FFFD, as in
 * `TextEncoder`. The caller has made room for a byte a unit. A text that is not ASCII may need up to 3 bytes a unit; if
 * it does not fit, fewer than 4 bytes of `bytes` are left.
 * @returns the bytes written
 */
export function writeUtf8(value: string, bytes: Uint8Array, view: DataView, at: number): number {
  const length = value.length;
  if (length > loopUnits) return writeNative(value, bytes, at);
  // Four units a store. All units are or-ed together: one test at the end tells whether any was not ASCII. If so, the
  // loop's bytes are nonsense and are written again.
  let seen = 0;
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    const first = value.charCodeAt(index);
    const second = value.charCodeAt(index + 1);
    const third = value.charCodeAt(index + 2);
    const fourth = value.charCodeAt(index + 3);
    seen |= first | second | third | fourth;
    view.setUint32(at + index, first | (second << 8) | (third << 16) | (fourth << 24), true);
  }
  for (; index < length; index++) {
    const unit = value.charCodeAt(index);
    seen |= unit;
    bytes[at + index] = unit;
  }
  return seen < 0x80 ? length : writeNative(value, bytes, at);
}

/** The UTF-8 of a string, in a new array. */
export function utf8Of(value: string): Uint8Array {
  const bytes = new Uint8Array(value.length * 3);
  return bytes.subarray(0, writeUtf8(value, bytes, new DataView(bytes.buffer), 0));
}

/** UTF-8 bytes of a string. Lone surrogates count as U+FFFD. */
export function utf8Length(value: string): number {
  let length = value.length;
  for (let index = 0; index < value.length; index++) {
    const unit = value.charCodeAt(index);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A whole pair is 4 bytes for 2 units, so its second unit adds nothing to the 2 + 2 counted so far.
    if (unit >= 0xd800 && unit < 0xdc00) {
      const next = value.charCodeAt(index + 1);
      if (next >= 0xdc00 && next < 0xe000) index++;
    }
  }
  return length;
}
