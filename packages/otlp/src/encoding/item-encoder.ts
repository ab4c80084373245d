import type { ThresholdMark } from '../thinning-out/threshold-mark.ts';
import type { ProtobufWriter } from '../protobuf/protobuf-writer.ts';

/** The properties that are read of an instrumentation scope, in both SDK lines. */
export interface InstrumentationScopeLike {
  readonly name: string;
  readonly version?: string | undefined;
  readonly schemaUrl?: string | undefined;
  /** No SDK line has these yet. The protocol has them, so they are sent if they are there. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

/** The properties that are read of a resource, in both SDK lines. */
export interface ResourceLike {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly schemaUrl?: string | undefined;
  /** `true` while some attributes are still being detected. */
  readonly asyncAttributesPending?: boolean | undefined;
  waitForAsyncAttributes?(): Promise<void>;
  /** Names and values; a value still being detected is a promise. If a name occurs twice, its first value counts. */
  getRawAttributes?(): readonly (readonly [name: string, value: unknown])[];
}

/** The part of the encoded buffer that a signal provides: how one of its items becomes bytes. */
export interface ItemEncoder<Item> {
  /**
   * Writes one item as a whole field of its scope's message: tag (field 2), length, message. An attribute that cannot
   * be encoded is left out and counted.
   * @param mark the sampling that the item has passed, to be written into the item if `isSaid`
   * @returns the distance in bytes from its end to the digits of that threshold, four or more; nothing or 0 if it has
   *   none
   * @throws UnencodableError if nothing of the item can be sent
   * @throws whatever the writer's growth policy throws if it refuses
   */
  encode(item: Item, writer: ProtobufWriter, mark?: ThresholdMark): number | void;

  scopeOf(item: Item): InstrumentationScopeLike;

  resourceOf(item: Item): ResourceLike;
}
