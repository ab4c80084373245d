import { wallTime } from '@spillway/backpressure';
import { ChildAccount, LATE } from './child-account.ts';
import { childProcesses } from './child-processes.ts';
import { type LostItems, summed } from './lost-items.ts';
import { END_FRAME, type ShippingTerms } from './shipping-frames.ts';
import type { ShippingCommand, ShippingInput } from './shipping-input.ts';
import { GREETING, startFrames } from './shipping-start.ts';
import { concernsExecutable, hasEndedEarly, startFailure } from './start-failure.ts';

/**
 * Gathers frames into portions, and has a child of its own ship each: where no child can be fed while it runs. On Windows
 * a pipe has no file descriptor, and in a worker thread, which ends without its process, nobody would reap the child.
 *
 * It also serves where such a child could not be started: it tries once more, a little later, and learns the reason.
 */
export class PortionedInput implements ShippingInput {
  readonly #command: ShippingCommand;
  readonly #deadline: number;
  readonly #start: readonly Uint8Array[];
  readonly #portion: Buffer;
  #byteLength = 0;
  #itemCount = 0;
  #losses: readonly LostItems[] = [];
  #failure: string | undefined;

  constructor(command: ShippingCommand, terms: ShippingTerms) {
    this.#command = command;
    this.#deadline = terms.deadline;
    this.#start = startFrames(terms);
    this.#portion = Buffer.allocUnsafeSlow(terms.windowBytes);
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  write(frame: readonly Uint8Array[], itemCount: number): boolean {
    if (this.#millisLeft() <= 0) return false;
    const byteLength = frame.reduce((sum, bytes) => sum + bytes.byteLength, 0);
    if (this.#byteLength + byteLength > this.#portion.byteLength && !this.#ship()) return false;
    if (byteLength > this.#portion.byteLength) return this.#run(frame, itemCount);
    for (const bytes of frame) {
      this.#portion.set(bytes, this.#byteLength);
      this.#byteLength += bytes.byteLength;
    }
    this.#itemCount += itemCount;
    return true;
  }

  end(): readonly LostItems[] {
    this.#ship();
    return this.#losses;
  }

  /** @returns false if nothing more can be shipped */
  #ship(): boolean {
    if (this.#byteLength === 0) return true;
    const frames = this.#portion.subarray(0, this.#byteLength);
    const items = this.#itemCount;
    const hasRun = this.#run([frames], items);
    if (!hasRun) this.#lose({ items, reason: 'drain_timeout', cause: this.#failure ?? LATE, mayHaveArrived: false });
    this.#byteLength = 0;
    this.#itemCount = 0;
    return hasRun && this.#millisLeft() > 0;
  }

  /** @returns whether a process has had the frames */
  #run(frames: readonly Uint8Array[], itemCount: number): boolean {
    const { files, args, options } = this.#command;
    const input = Buffer.concat([...this.#start, ...frames, END_FRAME]);
    for (const file of files) {
      const timeout = Math.round(this.#millisLeft());
      if (timeout <= 0) break;
      try {
        const { stdout, error } = childProcesses().spawnSync(file, args, {
          ...options,
          input,
          timeout,
          killSignal: 'SIGKILL',
          maxBuffer: Infinity,
          stdio: ['pipe', 'pipe', 'ignore'],
        });
        if (stdout?.toString('latin1', 0, GREETING.length) === GREETING) {
          const account = new ChildAccount(this.#deadline);
          account.give(itemCount);
          account.read(stdout.subarray(GREETING.length));
          this.#lose(...account.losses);
          return true;
        }
        if (error !== undefined && !hasEndedEarly(error)) throw error;
        this.#failure = `the process that ships them could not be started: ${file} did not run as Node`;
      } catch (error) {
        this.#failure = `the process that ships them could not be started: ${startFailure(error)}`;
        if (!concernsExecutable(error)) break;
      }
    }
    if (this.#millisLeft() <= 0) this.#failure = LATE;
    return false;
  }

  #lose(...losses: readonly LostItems[]): void {
    this.#losses = summed([...this.#losses, ...losses]);
  }

  #millisLeft(): number {
    return this.#command.killAt - wallTime();
  }
}
