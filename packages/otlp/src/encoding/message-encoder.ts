import { type ThresholdMark, UNMARKED } from './threshold-mark.ts';
import type { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import { AttributeEncoder, type OnAttributeDropped } from './attribute-encoder.ts';
import type { InstrumentationScopeLike, ItemEncoder, ResourceLike } from './item-encoder.ts';
import { UnencodableError } from './unencodable-error.ts';
import { TAG_ITEM } from './wire-tags.ts';

/** What the items of OpenTelemetry's SDKs have in common, in both SDK lines. */
export interface SdkItemLike {
  readonly resource: ResourceLike;
  readonly instrumentationScope: InstrumentationScopeLike;
}

export interface MessageEncoderOptions {
  /** Told of every attribute that was left out since it cannot be encoded, of an item and of what it contains. */
  readonly onAttributeDropped?: OnAttributeDropped | undefined;
}

/** Writes items of an SDK as messages of their scope, whatever they do while they are read. A signal brings the fields. */
export abstract class MessageEncoder<Item extends SdkItemLike> implements ItemEncoder<Item> {
  protected readonly attributes: AttributeEncoder;

  constructor({ onAttributeDropped }: MessageEncoderOptions = {}) {
    this.attributes = new AttributeEncoder(onAttributeDropped);
  }

  scopeOf(item: Item): InstrumentationScopeLike {
    return item.instrumentationScope;
  }

  resourceOf(item: Item): ResourceLike {
    return item.resource;
  }

  /**
   * Writes the fields of the item's message. What it throws is an item that cannot be encoded; whatever it has written
   * by then is taken back.
   * @returns how many bytes before the end the digits of the mark's threshold stand; 0 where they do not
   */
  protected abstract writeFields(item: Item, writer: ProtobufWriter, mark: ThresholdMark): number;

  /**
   * @throws UnencodableError where nothing of the item can be sent, or reading it throws
   * @throws what the writer's growth policy throws
   */
  encode(item: Item, writer: ProtobufWriter, mark: ThresholdMark = UNMARKED): number {
    const offset = writer.offset;
    try {
      writer.reserve(1);
      writer.bytes[writer.position++] = TAG_ITEM;
      const message = writer.openLongMessage();
      const distance = this.writeFields(item, writer, mark);
      writer.closeLongMessage(message);
      return distance;
    } catch (error) {
      writer.rewind(offset);
      if (error === writer.refusal || error instanceof UnencodableError) throw error;
      throw new UnencodableError('reading the item throws', { cause: error });
    }
  }
}
