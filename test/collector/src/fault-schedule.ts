import { checkFault, type Fault } from './fault.ts';
import type { RequestRecord } from './request-record.ts';

/** Chooses a fault by the request. Only the fields known from its headers are filled in. */
export type FaultChoice = (request: RequestRecord) => Fault | undefined;

/** Chooses the fault of the next request: first the queued faults, one each, then the standing fault. */
export class FaultSchedule {
  #standing: Fault | FaultChoice | undefined;
  readonly #queued: (Fault | undefined)[] = [];

  set(fault: Fault | FaultChoice | undefined): void {
    if (typeof fault === 'object') checkFault(fault);
    this.#standing = fault;
  }

  queue(faults: readonly (Fault | undefined)[]): void {
    for (const fault of faults) if (fault !== undefined) checkFault(fault);
    this.#queued.push(...faults);
  }

  next(request: RequestRecord): Fault | undefined {
    if (this.#queued.length > 0) return this.#queued.shift();
    return typeof this.#standing === 'function' ? this.#standing(request) : this.#standing;
  }

  clear(): void {
    this.#standing = undefined;
    this.#queued.length = 0;
  }
}
