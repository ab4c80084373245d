import { spawnSync } from 'node:child_process';
import { wallTime } from '@spillway/backpressure';
import { END_FRAME, type ShippingTerms, termsFrame } from './shipping-frames.ts';
import type { ShippingCommand, ShippingInput } from './shipping-input.ts';

/**
 * Gathers frames into portions, and has a child of its own ship each: where no child can be fed while it runs. On Windows
 * a pipe has no file descriptor, and in a worker thread, which ends without its process, nobody would reap the child.
 */
export class PortionedInput implements ShippingInput {
  readonly #command: ShippingCommand;
  readonly #terms: Uint8Array;
  readonly #portion: Buffer;
  #byteLength = 0;

  constructor(command: ShippingCommand, terms: ShippingTerms) {
    this.#command = command;
    this.#terms = termsFrame(terms);
    this.#portion = Buffer.allocUnsafeSlow(terms.windowBytes);
  }

  write(frame: readonly Uint8Array[]): boolean {
    const byteLength = frame.reduce((sum, bytes) => sum + bytes.byteLength, 0);
    if (this.#byteLength + byteLength > this.#portion.byteLength && !this.#ship()) return false;
    if (byteLength > this.#portion.byteLength) return this.#run(Buffer.concat([this.#terms, ...frame, END_FRAME]));
    for (const bytes of frame) {
      this.#portion.set(bytes, this.#byteLength);
      this.#byteLength += bytes.byteLength;
    }
    return true;
  }

  end(): void {
    this.#ship();
  }

  #ship(): boolean {
    if (this.#byteLength === 0) return true;
    const frames = this.#portion.subarray(0, this.#byteLength);
    this.#byteLength = 0;
    return this.#run(Buffer.concat([this.#terms, frames, END_FRAME]));
  }

  #run(input: Buffer): boolean {
    const { file, args, options, killAt } = this.#command;
    const timeout = Math.round(killAt - wallTime());
    if (timeout <= 0) return false;
    spawnSync(file, args, { ...options, input, timeout, killSignal: 'SIGKILL', stdio: ['pipe', 'ignore', 'ignore'] });
    return wallTime() < killAt;
  }
}
