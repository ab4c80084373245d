/** The bytes of one request, in the order in which they go out. */
export interface OtlpRequestBody {
  /** Views of memory that is used again once the attempt has settled. */
  readonly chunks: readonly Uint8Array[];
  /** Sum of the chunks' lengths. */
  readonly byteLength: number;
}
