/** The bytes of one request, in the order in which they are sent. */
export interface OtlpRequestBody {
  /** Views of memory that is reused once the attempt has settled. */
  readonly chunks: readonly Uint8Array[];
  /** Sum of the chunks' lengths. */
  readonly byteLength: number;
}

/** A copy of the chunks in one piece. */
export function joinedBody({ chunks, byteLength }: OtlpRequestBody): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(byteLength);
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.byteLength;
  }
  return whole;
}
