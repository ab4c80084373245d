import type { TimeFunctions } from '../src/time-functions.ts';

interface Call {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * A platform that forgets the calls it was asked for when the test says so, like workers at the end of a request, or
 * refuses them.
 */
export class LossyTime implements TimeFunctions {
  #time = 0;
  #calls = new Set<Call>();
  readonly performance = { now: (): number => this.#time };
  readonly Date = { now: (): number => this.#time };
  readonly setImmediate = undefined;
  /** While set, no call can be asked for, as in a worker that loads its modules. */
  refusesCalls = false;

  setTimeout(callback: () => void, delayMs: number): Call {
    if (this.refusesCalls) throw new Error('Disallowed operation called within global scope');
    const call = { at: this.#time + delayMs, callback };
    this.#calls.add(call);
    return call;
  }

  clearTimeout(call: unknown): void {
    this.#calls.delete(call as Call);
  }

  /** Calls that were asked for and have not come yet will never come. */
  loseCalls(): void {
    this.#calls.clear();
  }

  /** The clock jumps, and no call comes meanwhile: a process that was frozen, or a worker whose clock starts late. */
  jump(milliseconds: number): void {
    this.#time += milliseconds;
  }

  /** Lets time pass. The calls that are due come in their order. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#time + milliseconds;
    await settle();
    for (let call = this.#nextUntil(end); call !== undefined; call = this.#nextUntil(end)) {
      this.#time = Math.max(this.#time, call.at);
      this.#calls.delete(call);
      call.callback();
      await settle();
    }
    this.#time = end;
  }

  #nextUntil(end: number): Call | undefined {
    const due = [...this.#calls].filter(({ at }) => at <= end);
    return due.toSorted((one, other) => one.at - other.at)[0];
  }
}

/** Lets every promise settle that can settle. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
