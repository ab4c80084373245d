import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that pass at a time, so that connections take turns. */
const PIECE_BYTES = 1_024;

/** One direction of a link with limited bandwidth. All connections share it. */
export class NarrowLink {
  readonly #bytesPerSecond: number;
  #freeAt = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** One connection's stream across the link. */
  crossing(): Transform {
    const crossing: Transform = new Transform({
      highWaterMark: PIECE_BYTES,
      transform: (chunk: Buffer, _encoding, done) => void this.#pass(chunk, crossing, done),
    });
    return crossing;
  }

  async #pass(chunk: Buffer, crossing: Transform, done: () => void): Promise<void> {
    for (let at = 0; at < chunk.length && !crossing.destroyed; at += PIECE_BYTES) {
      const piece = chunk.subarray(at, at + PIECE_BYTES);
      await this.#turn(piece.length);
      if (!crossing.destroyed) crossing.push(piece);
    }
    done();
  }

  /** Resolves when that many bytes have passed, after all earlier bytes. */
  async #turn(bytes: number): Promise<void> {
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (1_000 * bytes) / this.#bytesPerSecond;
    await sleep(this.#freeAt - performance.now());
  }
}
