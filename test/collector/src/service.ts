import type { Pauses } from './clock.ts';
import type { Exchange } from './exchange.ts';
import type { Fault, LimitedFault } from './fault.ts';
import { ServiceGate } from './service-gate.ts';

/** Decides how long a request is served before it is answered, and how many are served at a time. */
export class Service {
  readonly #pauses: Pauses;
  readonly #gate: ServiceGate | undefined;
  readonly #gates = new WeakMap<LimitedFault, ServiceGate>();

  /** @param maxConcurrent the limit for every request without a `limited` fault; no limit by default */
  constructor(pauses: Pauses, maxConcurrent: number | undefined) {
    this.#pauses = pauses;
    this.#gate = maxConcurrent === undefined ? undefined : new ServiceGate(maxConcurrent);
  }

  /** Resolves when the request has been served. The caller must check whether the client is still connected. */
  async serve(exchange: Exchange, fault: Fault | undefined): Promise<void> {
    const millis = serviceMillis(exchange, fault);
    const gate = fault?.kind === 'limited' ? this.#gateOf(fault) : this.#gate;
    if (gate === undefined) {
      if (millis > 0) await this.#waitWhileOpen(exchange, millis);
      return;
    }
    await gate.enter();
    // A place is held to the end even if the client leaves. If a client left while it waited, its request is not
    // served, unless the fault says so.
    const isServed = exchange.isOpen || (fault?.kind === 'limited' && fault.servesAbandoned === true);
    if (isServed && millis > 0) await this.#pauses.start(millis).done;
    gate.leave();
  }

  async #waitWhileOpen(exchange: Exchange, millis: number): Promise<void> {
    const pause = this.#pauses.start(millis);
    exchange.onceLeft(() => pause.cut());
    await pause.done;
  }

  #gateOf(fault: LimitedFault): ServiceGate {
    let gate = this.#gates.get(fault);
    if (gate === undefined) {
      gate = new ServiceGate(fault.concurrency);
      this.#gates.set(fault, gate);
    }
    return gate;
  }
}

function serviceMillis({ record }: Exchange, fault: Fault | undefined): number {
  if (fault === undefined) return 0;
  const latency = 'latencyMillis' in fault ? (fault.latencyMillis ?? 0) : 0;
  if (fault.kind === 'latency') return latency + fault.millis;
  if (fault.kind === 'limited') return latency + fault.serviceMillis + (fault.itemMillis ?? 0) * record.items;
  return latency;
}
