import { utf8Length } from '../protobuf/utf8.ts';
import { utf8Of } from '../protobuf/utf8.ts';

/** Keys remembered before all are forgotten. A service uses some hundred; 1024 cost 64 KiB and the strings. */
const MAX_KEYS = 1024;

/** Room of a key: its bytes and the tags around them. The longest key of the semantic conventions has 50 bytes. */
const WORDS_PER_KEY = 8;
const BYTES_PER_WORD = 8;
export const MAX_PREFIX_BYTES = WORDS_PER_KEY * BYTES_PER_WORD;

const TAG_KEY = 0x0a;
const TAG_VALUE = 0x12;

/** The bytes of a key in every `KeyValue`: tag of the key, length, key, tag of the value. */
export interface CachedKey {
  readonly key: string;
  /** Bytes of the prefix. */
  readonly prefixLength: number;
  /** Index of the prefix in {@link AttributeKeyCache.words}. */
  readonly firstWord: number;
  /** The key that followed last time: a good guess, because instrumentations set the same keys in the same order. */
  next: CachedKey | undefined;
}

/**
 * Prebuilt bytes of attribute keys.
 *
 * All prefixes lie in one array of doubles, {@link WORDS_PER_KEY} a key, so that they are copied 8 bytes at a time. A
 * double carries the bytes unchanged unless it is a NaN, whose bits an engine may change. None of them is a NaN: its
 * last byte would be 0x7f or 0xff, and the one before it 0xf0 or more. 0xff is in no UTF-8, tag or length below 64, and
 * 0x7f follows no such byte, because UTF-8 continues a byte of 0xf0 and more with 0x80 and more.
 */
export class AttributeKeyCache {
  /** The prefixes, as little-endian doubles. */
  readonly words = new Float64Array(MAX_KEYS * WORDS_PER_KEY);

  /** Stands before the first key of a set of attributes: its `next` is the key that the last set began with. */
  readonly start: CachedKey = { key: '', prefixLength: 0, firstWord: 0, next: undefined };

  private readonly keys = new Map<string, CachedKey>();

  /**
   * The result is valid until the next call, which may forget it: copy its bytes immediately.
   * @returns `undefined` if the key is too long to be remembered
   */
  get(key: string): CachedKey | undefined {
    return this.keys.get(key) ?? this.add(key);
  }

  /** Like {@link get}, for the key that follows `previous` in a set of attributes. */
  after(previous: CachedKey, key: string): CachedKey | undefined {
    // Keys of an object are interned, so this compares pointers, in half the time of a map look-up.
    const guess = previous.next;
    if (guess !== undefined && guess.key === key) return guess;
    const cached = this.get(key);
    previous.next = cached;
    return cached;
  }

  private add(key: string): CachedKey | undefined {
    if (key.length + 3 > MAX_PREFIX_BYTES) return undefined;
    const length = utf8Length(key);
    if (length + 3 > MAX_PREFIX_BYTES) return undefined;
    if (this.keys.size === MAX_KEYS) this.forgetAll();
    const firstWord = this.keys.size * WORDS_PER_KEY;
    const prefix = new Uint8Array(MAX_PREFIX_BYTES);
    prefix[0] = TAG_KEY;
    prefix[1] = length;
    prefix.set(utf8Of(key), 2);
    prefix[2 + length] = TAG_VALUE;
    // Read in the order in which they will be written, whatever the machine's byte order is.
    const view = new DataView(prefix.buffer);
    for (let word = 0; word < WORDS_PER_KEY; word++) {
      this.words[firstWord + word] = view.getFloat64(word * BYTES_PER_WORD, true);
    }
    const cached: CachedKey = { key, prefixLength: length + 3, firstWord, next: undefined };
    this.keys.set(key, cached);
    return cached;
  }

  /** Unbounded keys (a user id as key) must not become unbounded memory, so a full cache starts again. */
  private forgetAll(): void {
    // Words are reused, so forgotten keys must not be found any more, and must not keep a chain of others alive.
    for (const cached of this.keys.values()) cached.next = undefined;
    this.start.next = undefined;
    this.keys.clear();
  }
}
