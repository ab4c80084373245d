import type { OtlpRequestBody } from '@spillway/otlp/parts';

/** A smaller message is not worth the trouble. */
const LEAST_BYTES = 64 * 1024;
/** Messages are of about the same size, so that most fit into the memory of an earlier one. */
const STEP_BYTES = 256 * 1024;

/**
 * The memory in which the chunks of a message are joined. V8 counts such memory, and collects all garbage of the process after
 * some tens of megabytes, which took twice the CPU of everything else that a request needs. So one message uses the memory of
 * the one before, unless a collection has come between them: nothing is kept for a process that sends no more.
 */
export class MessageMemory {
  #spare: WeakRef<ArrayBufferLike> | undefined;

  /** The chunks in one piece. */
  join({ chunks, byteLength }: OtlpRequestBody): Buffer {
    const message = this.#take(byteLength).subarray(0, byteLength);
    let position = 0;
    for (const chunk of chunks) {
      message.set(chunk, position);
      position += chunk.byteLength;
    }
    return message;
  }

  /** Nobody reads the message any more. */
  giveBack(message: Buffer): void {
    if (message.buffer.byteLength >= STEP_BYTES) this.#spare = new WeakRef(message.buffer);
  }

  #take(byteLength: number): Buffer {
    if (byteLength < LEAST_BYTES) return Buffer.allocUnsafe(byteLength);
    const spare = this.#spare?.deref();
    this.#spare = undefined;
    return spare !== undefined && spare.byteLength >= byteLength
      ? Buffer.from(spare)
      : Buffer.allocUnsafeSlow(Math.ceil(byteLength / STEP_BYTES) * STEP_BYTES);
  }
}
