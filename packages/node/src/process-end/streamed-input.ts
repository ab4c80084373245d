import { type ChildProcess, spawn } from 'node:child_process';
import { readSync, writeSync } from 'node:fs';
import { wallTime } from '@spillway/backpressure';
import { END_FRAME } from './shipping-frames.ts';
import type { ShippingCommand, ShippingInput } from './shipping-input.ts';

/** Short enough to fill the pipe as fast as the child empties it, and doubled while nothing moves. */
const FIRST_PAUSE_MILLIS = 0.1;
const LONGEST_PAUSE_MILLIS = 4;
/** What the kernel may need to end a process that was killed. */
const DEATH_MILLIS = 50;

/**
 * Streams frames into a child that runs while they are made, so that neither process ever holds them all.
 *
 * `spawn` starts the child before it returns, although what becomes of the child would be told later. Its standard input is
 * a socket of both directions on every platform with file descriptors, non-blocking on this side: full means `EAGAIN`, and its
 * end means that the child is gone. Node has no documented way to that descriptor, hence `_handle`.
 */
export class StreamedInput implements ShippingInput {
  readonly #child: ChildProcess;
  readonly #socket: number;
  readonly #killAt: number;

  private constructor(child: ChildProcess, socket: number, killAt: number) {
    this.#child = child;
    this.#socket = socket;
    this.#killAt = killAt;
  }

  /** @returns `undefined` if this platform has no descriptor to write to, or the child cannot be started */
  static start({ file, args, options, killAt }: ShippingCommand): StreamedInput | undefined {
    if (process.platform === 'win32') return undefined;
    const child = spawn(file, args, { ...options, stdio: ['pipe', 'ignore', 'ignore'] });
    // An event without a listener would be an exception in the application.
    child.on('error', ignore).unref();
    child.stdin?.on('error', ignore);
    const { _handle: handle } = (child.stdin ?? {}) as { readonly _handle?: { readonly fd?: number } | null };
    if (child.pid === undefined || handle?.fd === undefined || handle.fd < 0) {
      child.kill('SIGKILL');
      return undefined;
    }
    return new StreamedInput(child, handle.fd, killAt);
  }

  write(frame: readonly Uint8Array[]): boolean {
    return frame.every((bytes) => this.#writeAll(bytes));
  }

  end(): void {
    this.write([END_FRAME]);
    // The child never writes: the only thing to read is the end.
    if (this.#whenReady(() => readSync(this.#socket, Buffer.alloc(1)), this.#killAt) !== 'late') return;
    this.#child.kill('SIGKILL');
    this.#whenReady(() => readSync(this.#socket, Buffer.alloc(1)), this.#killAt + DEATH_MILLIS);
  }

  #writeAll(bytes: Uint8Array): boolean {
    let at = 0;
    while (at < bytes.byteLength) {
      const count = this.#whenReady(() => writeSync(this.#socket, bytes, at), this.#killAt);
      if (typeof count !== 'number') return false;
      at += count;
    }
    return true;
  }

  /** @returns what the operation returns; `late` if it is not ready by that time, `gone` if the child has ended */
  #whenReady(operation: () => number, time: number): number | 'late' | 'gone' {
    for (let pause = FIRST_PAUSE_MILLIS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS)) {
      try {
        return operation();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return 'gone';
      }
      const left = time - wallTime();
      if (left <= 0) return 'late';
      sleep(Math.min(pause, left));
    }
  }
}

const cell = new Int32Array(new SharedArrayBuffer(4));

function sleep(millis: number): void {
  Atomics.wait(cell, 0, 0, millis);
}

function ignore(): void {
  // There is nobody left to tell.
}
