/** Who else implements HTTP/2 may say that a message is written while its memory is still read. */
const isNode = !('bun' in process.versions) && !('deno' in process.versions);

/**
 * The copy that gRPC makes of a message, to put its head before it. It would be garbage that V8 collects no sooner than it has to
 * (see `MessageMemory`), so its memory is freed when it was written.
 *
 * gRPC does not hand it out. But it asks the message to copy itself, and that tells where to. If a version of gRPC copies in another
 * way, nothing is freed.
 */
export class FramedCopy {
  /** The same bytes as the message. */
  readonly message: Buffer;
  #copy: Buffer | undefined;

  constructor(message: Buffer) {
    const watched = message.subarray();
    this.message = Object.assign(watched, {
      copy: (target: Uint8Array, ...range: number[]): number => {
        const [start = 0] = range;
        // Alone in its memory, and nothing in it but the head and the message.
        if (
          Buffer.isBuffer(target) &&
          target.length === start + message.length &&
          target.length === target.buffer.byteLength
        )
          this.#copy = target;
        return message.copy(target, ...range);
      },
    });
  }

  /** Frees the memory. The caller knows that it was written and that nobody reads it any more. */
  free(): void {
    const memory: (ArrayBufferLike & { transfer?(byteLength: number): unknown }) | undefined = this.#copy?.buffer;
    if (isNode) memory?.transfer?.(0);
    this.#copy = undefined;
  }
}
