import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** A name service of one name, in the place of the platform's. */
export class Names {
  /** What the name resolves to; undefined for nothing. */
  address: string | undefined;

  constructor(address: string | undefined) {
    this.address = address;
  }

  /** For the options of a socket, or of an agent. */
  readonly lookup: LookupFunction = (hostname: string, { all }: LookupOptions, callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void) => {
    const { address } = this;
    setImmediate(() => {
      if (address === undefined) callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), '');
      else if (all === true) callback(null, [{ address, family: 4 }]);
      else callback(null, address, 4);
    });
  };
}
