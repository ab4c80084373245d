import { type ThresholdMark, UNMARKED } from '../thinning-out/threshold-mark.ts';
import type { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import { AttributeEncoder, type OnAttributeDropped } from './attribute-encoder.ts';
import type { InstrumentationScopeLike, ItemEncoder, ResourceLike } from './item-encoder.ts';
import { UnencodableError } from './unencodable-error.ts';
import { TAG_ITEM } from './wire-tags.ts';

/** The properties that items of OpenTelemetry's SDKs share, in both SDK lines. */
export interface SdkItemLike {
  readonly resource: ResourceLike;
  readonly instrumentationScope: InstrumentationScopeLike;
}

export interface MessageEncoderOptions {
  /** Called for every attribute, of an item or of its parts, that was left out because it cannot be encoded. */
  readonly onAttributeDropped?: OnAttributeDropped | undefined;
}

/** Writes SDK items as messages of their scope, whatever happens when they are read. A signal provides the fields. */
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
   * Writes the fields of the item's message. If it throws, the item cannot be encoded, and everything it has written is
   * taken back.
   * @returns the distance in bytes from the end to the digits of the mark's threshold; 0 if it has none
   */
  protected abstract writeFields(item: Item, writer: ProtobufWriter, mark: ThresholdMark): number;

  /**
   * @throws UnencodableError if nothing of the item can be sent, or reading it throws
   * @throws whatever the writer's growth policy throws
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
      throw new UnencodableError('reading the item threw an error', { cause: error });
    }
  }
}
