/** The bytes of one request, in the order in which they go out. */
export interface OtlpRequestBody {
  /** Views of memory that is used again once the attempt has settled. */
  readonly chunks: readonly Uint8Array[];
  /** Sum of the chunks' lengths. */
  readonly byteLength: number;
}

/** The chunks in one piece, copied. */
export function joinedBody({ chunks, byteLength }: OtlpRequestBody): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(byteLength);
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.byteLength;
  }
  return whole;
}
