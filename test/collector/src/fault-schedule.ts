import { checkFault, type Fault } from './fault.ts';
import type { RequestRecord } from './request-record.ts';

/** Chooses by the request, of which only what is known from its headers is filled in. */
export type FaultChoice = (request: RequestRecord) => Fault | undefined;

/** Which fault the next request gets: the queued ones first, one each, then the standing one. */
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
