import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { RequestHead } from '../shipping-frames.ts';

/** The addresses of a host that the parent knew. */
export class KnownAddresses {
  #addresses: RequestHead['addresses'];

  constructor(addresses: RequestHead['addresses']) {
    this.#addresses = addresses;
  }

  /** The host may have moved since its addresses were looked up. */
  forget(): void {
    this.#addresses = undefined;
  }

  /** Gives them at once: a look-up may hang, and then this process could not end by itself. */
  readonly lookup: LookupFunction = (name, options, answer) => {
    const [first] = this.#addresses ?? [];
    if (first === undefined) lookup(name, options, answer);
    else if (options.all === true) answer(null, [...(this.#addresses ?? [])]);
    else answer(null, first.address, first.family);
  };
}
