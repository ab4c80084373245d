import { type ProtobufWriter, varintSize } from '../protobuf/protobuf-writer.ts';

/** What is around items in a request: a message of their resource, for example, with the fields before the items. */
export interface Enclosure {
  /**
   * Within the same outer message, enclosures with the same key become one. Without a key, only items that follow each
   * other share one.
   */
  readonly key?: unknown;

  /** Bytes of the whole field if it holds that many bytes besides its own fields. */
  byteLengthAround(contentBytes: number): number;

  /** Puts everything that stands before the content. The writer has room. */
  putBefore(writer: ProtobufWriter, contentBytes: number): void;
}

/** A message that begins with a header. */
export class HeaderMessage implements Enclosure {
  readonly key: string;
  private readonly tag: number;

  /**
   * @param tag one byte
   * @param header one character for each byte
   */
  constructor(tag: number, header: string) {
    this.tag = tag;
    this.key = header;
  }

  byteLengthAround(contentBytes: number): number {
    return fieldBytes(this.key.length + contentBytes);
  }

  putBefore(writer: ProtobufWriter, contentBytes: number): void {
    const header = this.key;
    writer.bytes[writer.position++] = this.tag;
    writer.putVarint(header.length + contentBytes);
    const { bytes, position } = writer;
    for (let index = 0; index < header.length; index += 1) bytes[position + index] = header.charCodeAt(index);
    writer.position = position + header.length;
  }
}

/** Bytes of a field whose message has that many: a tag of one byte, the length, the message. */
export function fieldBytes(messageBytes: number): number {
  return 1 + varintSize(messageBytes) + messageBytes;
}
