import type { ProtobufWriter } from '../protobuf/protobuf-writer.ts';

const WORDS = 16;
const BYTES_PER_WORD = 8;

/** The longest field that is remembered, and the room that {@link RepeatedText.put} needs. */
export const REPEATED_TEXT_BYTES = WORDS * BYTES_PER_WORD;

/** A repetition adds one, another text takes one. A text that is not there half of the time is forgotten. */
const PATIENCE_FOR_NEW = 8;
const MOST_PATIENCE = 64;

/** When a text was forgotten, that many pass before the next one is remembered. */
export const TEXTS_PAUSED = 1024;

/**
 * A text that a field often has, with the bytes of the field as they were written. Most texts of telemetry are those of
 * an item before: a method, a route, a host. Their bytes are copied 8 at a time: some 5 ns, where a text of 20 characters
 * takes 35 to write.
 *
 * The bytes are kept as doubles, like those of keys: see `attribute-key-cache.ts`.
 */
export class RepeatedText {
  private text: string | undefined;
  private tag = 0;
  private byteLength = 0;
  private readonly words = new Float64Array(WORDS);
  private patience = PATIENCE_FOR_NEW;

  /**
   * Puts the field, if it is the remembered one ({@link REPEATED_TEXT_BYTES} of room).
   * @returns whether it was put
   */
  put(writer: ProtobufWriter, tag: number, text: string): boolean {
    if (text !== this.text || tag !== this.tag) return false;
    if (this.patience < MOST_PATIENCE) this.patience += 1;
    this.putWords(writer.view, writer.position);
    writer.position += this.byteLength;
    return true;
  }

  /**
   * Called for a text that was not put, when it has been written from that offset on. Remembers it if there is none.
   * @returns whether there is any use in comparing the next text: not if this one is long, or if others come too often
   */
  remember(writer: ProtobufWriter, offset: number, tag: number, text: string): boolean {
    if (this.text !== undefined) {
      this.patience -= 1;
      if (this.patience < 0) this.text = undefined;
      return this.text !== undefined;
    }
    const byteLength = writer.offset - offset;
    if (byteLength > REPEATED_TEXT_BYTES) return false;
    writer.reserve(BYTES_PER_WORD);
    const { bytes, view, itemStart, position } = writer;
    bytes.fill(0, position, position + BYTES_PER_WORD);
    for (let index = 0; index < byteLength; index += BYTES_PER_WORD) {
      this.words[index / BYTES_PER_WORD] = view.getFloat64(itemStart + offset + index, true);
    }
    this.text = interned(text);
    this.tag = tag;
    this.byteLength = byteLength;
    this.patience = PATIENCE_FOR_NEW;
    return true;
  }

  /** Without a loop, so it may overshoot. */
  private putWords(view: DataView, at: number): void {
    const { words, byteLength } = this;
    view.setFloat64(at, words[0] as number, true);
    view.setFloat64(at + 8, words[1] as number, true);
    view.setFloat64(at + 16, words[2] as number, true);
    view.setFloat64(at + 24, words[3] as number, true);
    if (byteLength <= 32) return;
    view.setFloat64(at + 32, words[4] as number, true);
    view.setFloat64(at + 40, words[5] as number, true);
    if (byteLength <= 48) return;
    view.setFloat64(at + 48, words[6] as number, true);
    view.setFloat64(at + 56, words[7] as number, true);
    if (byteLength <= 64) return;
    for (let word = 8; word < WORDS; word += 1)
      view.setFloat64(at + word * BYTES_PER_WORD, words[word] as number, true);
  }
}

const names: Record<string, true> = Object.create(null);

/**
 * The same text as engines keep the names of properties: in a string of its own, because a part of a long text keeps all
 * of that alive, and in one string with the program's literals, so that comparing it with them compares pointers.
 */
function interned(text: string): string {
  names[text] = true;
  let result = text;
  for (const name in names) result = name;
  delete names[text];
  return result;
}
