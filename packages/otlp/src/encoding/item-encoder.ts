import type { ThresholdMark } from './threshold-mark.ts';
import type { ProtobufWriter } from '../protobuf/protobuf-writer.ts';

/** What is read of an instrumentation scope, of both SDK lines. */
export interface InstrumentationScopeLike {
  readonly name: string;
  readonly version?: string | undefined;
  readonly schemaUrl?: string | undefined;
  /** No SDK line has these yet; the protocol has, and they are sent where they are given. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

/** What is read of a resource, of both SDK lines. */
export interface ResourceLike {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly schemaUrl?: string | undefined;
  /** `true` while some attributes are still being detected. */
  readonly asyncAttributesPending?: boolean | undefined;
  waitForAsyncAttributes?(): Promise<void>;
  /** Names and values, a promise for each that is still being detected. Of values with one name the first counts. */
  getRawAttributes?(): readonly (readonly [name: string, value: unknown])[];
}

/** What a signal brings to the encoded buffer: how one of its items becomes bytes. */
export interface ItemEncoder<Item> {
  /**
   * Writes one item as a whole field of its scope's message: tag (field 2), length, message. An attribute that cannot
   * be encoded is left out and counted.
   * @param mark the sampling that the item has passed, to be written into it where it is to be said
   * @returns how many bytes before its end the digits of that threshold stand, four or more; nothing, or 0, where they do not
   * @throws UnencodableError where nothing of the item can be sent
   * @throws what the writer's growth policy throws, where it refuses
   */
  encode(item: Item, writer: ProtobufWriter, mark?: ThresholdMark): number | void;

  scopeOf(item: Item): InstrumentationScopeLike;

  resourceOf(item: Item): ResourceLike;
}
