/** Writes a string's UTF-8 at an index and returns the bytes written; lone surrogates become U+FFFD. */
type Utf8Writer = (value: string, bytes: Uint8Array, at: number) => number;

/**
 * Up to this many units a loop beats a native call, which costs 25 to 35 ns however short the string is (`encodeInto`:
 * 60 to 90 ns, most of it for the view it needs).
 */
const LOOP_UNITS = 16;
const LOOP_UNITS_WITHOUT_BUFFER = 30;

const textEncoder = new TextEncoder();

function encodeInto(value: string, bytes: Uint8Array, at: number): number {
  return textEncoder.encodeInto(value, bytes.subarray(at)).written;
}

/**
 * `Buffer.prototype.utf8Write` works on any Uint8Array, needs no view and is a fast call in Node: half the time of
 * `encodeInto`. It is not documented, so it is used only where it exists and is seen to do what is expected of it:
 * the index respected, nothing else touched, lone surrogates replaced. Never imported, for other runtimes lack it.
 */
function nativeWriter(): Utf8Writer | undefined {
  type Utf8Write = (this: Uint8Array, value: string, at: number, length: number) => number;
  const { Buffer } = globalThis as { Buffer?: { prototype?: { utf8Write?: Utf8Write } } };
  const utf8Write = Buffer?.prototype?.utf8Write;
  if (typeof utf8Write !== 'function') return undefined;
  const write: Utf8Writer = (value, bytes, at) => utf8Write.call(bytes, value, at, bytes.length - at);
  try {
    const probe = new Uint8Array(12);
    const written = write('\u00e9a\ud800', probe, 2);
    return written === 6 && probe.join() === '0,0,195,169,97,239,191,189,0,0,0,0' ? write : undefined;
  } catch {
    return undefined;
  }
}

const native = nativeWriter();
const writeNative: Utf8Writer = native ?? encodeInto;
const loopUnits = native === undefined ? LOOP_UNITS_WITHOUT_BUFFER : LOOP_UNITS;

/**
 * Writes a string's UTF-8 at an index of `bytes`, which `view` covers. Lone surrogates become U+FFFD, as `TextEncoder`
 * does it. The caller has made room for all of it; for what the length of the string alone says, at 3 bytes a unit.
 * @returns the bytes written
 */
export function writeUtf8(value: string, bytes: Uint8Array, view: DataView, at: number): number {
  const length = value.length;
  if (length > loopUnits) return writeNative(value, bytes, at);
  // Four units a store. All units are or-ed together: one test at the end says whether any was not ASCII, in which
  // case what the loop wrote is nonsense and is written again.
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
