import type { ChildProcess } from 'node:child_process';
import { readSync, writeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { wallTime } from '@spillway/backpressure';
import { ChildAccount } from './child-account.ts';
import { childProcesses } from './child-processes.ts';
import type { LostItems } from './lost-items.ts';
import { END_FRAME, type ShippingTerms } from './shipping-frames.ts';
import type { ShippingCommand, ShippingInput } from './shipping-input.ts';
import { GREETING, startFrames } from './shipping-start.ts';

/** Short enough to fill the pipe as fast as the child empties it, and doubled while nothing moves. */
const FIRST_PAUSE_MILLIS = 0.1;
const LONGEST_PAUSE_MILLIS = 4;
/** What the kernel may need to end a process that was killed. */
const DEATH_MILLIS = 50;
const REPORTS_BYTES = 65_536;

interface RunningChild {
  readonly process: ChildProcess;
  /** The descriptor of its standard input, and of its standard output. */
  readonly socket: number;
  readonly output: number;
}

/**
 * Streams frames into a child that runs while they are made, so that neither process ever holds them all.
 *
 * `spawn` starts the child before it returns, although what becomes of the child would be told later. Its standard input is
 * a socket of both directions on every platform with file descriptors, non-blocking on this side: full means `EAGAIN`, and so
 * does an empty standard output. Node has no documented way to those descriptors, hence `_handle`.
 */
export class StreamedInput implements ShippingInput {
  readonly #child: RunningChild;
  readonly #killAt: number;
  readonly #account: ChildAccount;
  readonly #reports = Buffer.allocUnsafe(REPORTS_BYTES);

  private constructor(child: RunningChild, killAt: number, deadline: number) {
    this.#child = child;
    this.#killAt = killAt;
    this.#account = new ChildAccount(deadline);
  }

  /** @returns `undefined` if this platform has no descriptor to write to, or no child can be started */
  static start(command: ShippingCommand, terms: ShippingTerms): StreamedInput | undefined {
    if (process.platform === 'win32') return undefined;
    for (const file of command.files) {
      const input = StreamedInput.#startBy(file, command, terms.deadline);
      if (input?.write(startFrames(terms), 0) === true) return input;
    }
    return undefined;
  }

  /** Waits for the greeting, which costs no time: the child could not take a request any sooner. */
  static #startBy(
    file: string,
    { args, options, killAt }: ShippingCommand,
    deadline: number,
  ): StreamedInput | undefined {
    const child = spawnQuietly(file, args, options);
    if (child === undefined) return undefined;
    const [socket, output] = [descriptorOf(child.stdin), descriptorOf(child.stdout)];
    if (child.pid !== undefined && socket !== undefined && output !== undefined) {
      const greeting = Buffer.alloc(GREETING.length);
      const count = whenReady(() => readSync(output, greeting), killAt);
      if (count === greeting.length && greeting.toString() === GREETING)
        return new StreamedInput({ process: child, socket, output }, killAt, deadline);
    }
    // A child that could not be started has no process number. Node would send the signal all the same, to whatever
    // process or process group has the number in its uninitialized memory.
    if (child.pid !== undefined) child.kill('SIGKILL');
    return undefined;
  }

  get failure(): string {
    return this.#account.cause;
  }

  write(frame: readonly Uint8Array[], itemCount: number): boolean {
    const isWritten = frame.every((bytes) => this.#writeAll(bytes));
    if (isWritten) this.#account.give(itemCount);
    return isWritten;
  }

  end(): readonly LostItems[] {
    this.write([END_FRAME], 0);
    if (!this.#readToEnd(this.#killAt)) {
      this.#child.process.kill('SIGKILL');
      this.#readToEnd(this.#killAt + DEATH_MILLIS);
    }
    return this.#account.losses;
  }

  /** The output ends when the child is gone. @returns false if that is not before `time` */
  #readToEnd(time: number): boolean {
    while (wallTime() < time) {
      const count = whenReady(() => this.#readReports(), time);
      if (count === 'late') return false;
      if (count === 'gone' || count === 0) return true;
    }
    return false;
  }

  /** @throws `EAGAIN` if there are none now */
  #readReports(): number {
    const count = readSync(this.#child.output, this.#reports);
    this.#account.read(this.#reports.subarray(0, count));
    return count;
  }

  #writeAll(bytes: Uint8Array): boolean {
    let at = 0;
    while (at < bytes.byteLength) {
      const count = whenReady(
        () => writeSync(this.#child.socket, bytes, at),
        this.#killAt,
        // A child whose reports nobody reads would stop at some time, and read nothing more.
        () => this.#readReports(),
      );
      if (typeof count !== 'number') return false;
      at += count;
    }
    return true;
  }
}

function spawnQuietly(
  file: string,
  args: readonly string[],
  options: ShippingCommand['options'],
): ChildProcess | undefined {
  try {
    const child = childProcesses().spawn(file, args, { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
    // An event without a listener would be an exception in the application.
    child.on('error', ignore).unref();
    child.stdin?.on('error', ignore);
    child.stdout?.on('error', ignore);
    return child;
  } catch {
    return undefined;
  }
}

function descriptorOf(stream: Readable | Writable | null | undefined): number | undefined {
  const { _handle: handle } = (stream ?? {}) as { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd === undefined || handle.fd < 0 ? undefined : handle.fd;
}

/**
 * @param meanwhile done before each pause, whatever becomes of it
 * @returns what the operation returns; `late` if it is not ready by that time, `gone` if the child has ended
 */
function whenReady(operation: () => number, time: number, meanwhile: () => void = ignore): number | 'late' | 'gone' {
  for (let pause = FIRST_PAUSE_MILLIS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS)) {
    try {
      return operation();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return 'gone';
    }
    quietly(meanwhile);
    const left = time - wallTime();
    if (left <= 0) return 'late';
    sleep(Math.min(pause, left));
  }
}

const cell = new Int32Array(new SharedArrayBuffer(4));

function sleep(millis: number): void {
  Atomics.wait(cell, 0, 0, millis);
}

function quietly(step: () => void): void {
  try {
    step();
  } catch {
    // The operation that waits shows whether the child is gone.
  }
}

function ignore(): void {
  // There is nobody left to tell.
}
