import type { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import { writeStringField } from './field.ts';
import { REPEATED_TEXT_BYTES, RepeatedText, TEXTS_PAUSED } from './repeated-text.ts';

/** A string field whose text is often that of the item before: a name, a severity. */
export class TextField {
  private readonly tag: number;
  private readonly repeated = new RepeatedText();
  /** Texts until one is compared and remembered again. */
  private pause = 0;

  /** @param tag one byte */
  constructor(tag: number) {
    this.tag = tag;
  }

  /** Writes nothing for an empty string, which is the default, or a value that is not a string. */
  write(writer: ProtobufWriter, text: unknown): void {
    if (typeof text !== 'string') return;
    const { tag, repeated } = this;
    if (this.pause > 0) {
      this.pause -= 1;
      writeStringField(writer, tag, text);
      return;
    }
    writer.reserve(REPEATED_TEXT_BYTES);
    if (repeated.put(writer, tag, text)) return;
    const { offset } = writer;
    writeStringField(writer, tag, text);
    if (!repeated.remember(writer, offset, tag, text)) this.pause = TEXTS_PAUSED;
  }
}
