import { MAX_CHARACTER_BYTES, type ProtobufWriter, viewOf } from '../protobuf/protobuf-writer.ts';
import { writeUtf8 } from '../protobuf/utf8.ts';
import { GenerationalCache } from './generational-cache.ts';
import { RepeatedText, TEXTS_PAUSED } from './repeated-text.ts';
import { TAG_KEY, TAG_VALUE } from './wire-tags.ts';

/**
 * Keys of a generation of the cache: up to that many, it does not matter how many different keys an application has. A
 * service uses some hundred. With unbounded keys (a user id as key), both generations together take some 4 MB.
 */
const MAX_GENERATION_KEYS = 8192;

/** Room of a key: its bytes and the tags around them. The longest key of the semantic conventions has 50 bytes. */
const WORDS_PER_KEY = 8;
const BYTES_PER_WORD = 8;
export const MAX_PREFIX_BYTES = WORDS_PER_KEY * BYTES_PER_WORD;

/** Tag and length before the key, tag after it. */
const FRAME_BYTES = 3;

/** The first texts of a key are not remembered, because most of unbounded keys come only once. */
const TEXTS_BEFORE_REMEMBERED = 3;

/** Keys with a remembered text, which takes some 400 bytes. */
const MAX_REPEATED_TEXTS = 2048;

/** Keys whose prefixes share one array of 4 KiB. */
const KEYS_PER_BLOCK = 64;

/** The bytes of a key in every `KeyValue`: tag of the key, length, key, tag of the value. */
export interface CachedKey {
  /** `undefined` if the key is forgotten. */
  key: string | undefined;
  /** Bytes of the prefix. */
  readonly prefixLength: number;
  /** Contains the prefix as little-endian doubles, from index `firstWord` on. */
  readonly words: Float64Array;
  readonly firstWord: number;
  /** The key that followed last time: a good guess, because instrumentations set the same keys in the same order. */
  next: CachedKey | undefined;
  /** The last text of the key, as a whole `KeyValue`; `undefined` while its texts are not remembered. */
  repeated: RepeatedText | undefined;
  /** Texts until one is remembered. */
  textsPaused: number;
}

/**
 * Prebuilt bytes of attribute keys.
 *
 * Prefixes lie in arrays of doubles, {@link WORDS_PER_KEY} a key, so that they are copied 8 bytes at a time. A double
 * carries the bytes unchanged unless it is a NaN, whose bits an engine may change. None of them is a NaN: its last byte
 * would be 0x7f or 0xff, and the one before it 0xf0 or more. 0xff is in no UTF-8, tag or length below 64, and 0x7f
 * follows no such byte, because UTF-8 continues a byte of 0xf0 and more with 0x80 and more.
 */
export class AttributeKeyCache {
  /** Stands before the first key of a set of attributes: its `next` is the key that the last set began with. */
  readonly start: CachedKey = newKey('', 0, new Float64Array(0), 0);

  private readonly keys = new GenerationalCache<string, CachedKey>(MAX_GENERATION_KEYS, (cached) =>
    this.forget(cached),
  );
  private repeatedTexts = 0;
  private block = new Float64Array(0);
  private blockEnd = 0;
  /** Where prefixes are put together. A key that is too long fills it, or is cut off at its end. */
  private readonly prefix = new Uint8Array(MAX_PREFIX_BYTES + MAX_CHARACTER_BYTES);
  private readonly prefixView = viewOf(this.prefix);

  /** @returns `undefined` if the key is too long to be remembered */
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

  /** Remembers the text of a key that was just written from that offset on, if that seems of use. */
  rememberText(cached: CachedKey, writer: ProtobufWriter, offset: number, tag: number, text: string): void {
    if (cached.repeated === undefined && cached.key !== undefined && this.repeatedTexts < MAX_REPEATED_TEXTS) {
      cached.repeated = new RepeatedText();
      this.repeatedTexts += 1;
    }
    if (cached.repeated?.remember(writer, offset, tag, text)) return;
    this.forgetText(cached);
    cached.textsPaused = TEXTS_PAUSED;
  }

  private add(key: string): CachedKey | undefined {
    const { prefix, prefixView } = this;
    if (key.length + FRAME_BYTES > MAX_PREFIX_BYTES) return undefined;
    const length = writeUtf8(key, prefix, prefixView, 2);
    if (length + FRAME_BYTES > MAX_PREFIX_BYTES) return undefined;
    prefix[0] = TAG_KEY;
    prefix[1] = length;
    prefix[2 + length] = TAG_VALUE;
    prefix.fill(0, length + FRAME_BYTES);
    const firstWord = this.nextFirstWord();
    // Read in the order in which they will be written, whatever the machine's byte order is.
    for (let word = 0; word < WORDS_PER_KEY; word++) {
      this.block[firstWord + word] = prefixView.getFloat64(word * BYTES_PER_WORD, true);
    }
    const cached = newKey(key, length + FRAME_BYTES, this.block, firstWord);
    this.keys.add(key, cached);
    return cached;
  }

  /** Others may still lead to a forgotten key, but must not find it any more, nor be led on by it to ever more of them. */
  private forget(cached: CachedKey): void {
    cached.key = undefined;
    cached.next = undefined;
    this.forgetText(cached);
  }

  private forgetText(cached: CachedKey): void {
    if (cached.repeated === undefined) return;
    cached.repeated = undefined;
    this.repeatedTexts -= 1;
  }

  private nextFirstWord(): number {
    if (this.blockEnd === this.block.length) {
      this.block = new Float64Array(KEYS_PER_BLOCK * WORDS_PER_KEY);
      this.blockEnd = 0;
    }
    const firstWord = this.blockEnd;
    this.blockEnd += WORDS_PER_KEY;
    return firstWord;
  }
}

function newKey(key: string, prefixLength: number, words: Float64Array, firstWord: number): CachedKey {
  return {
    key,
    prefixLength,
    words,
    firstWord,
    next: undefined,
    repeated: undefined,
    textsPaused: TEXTS_BEFORE_REMEMBERED,
  };
}
