import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** What a name service says of a name: an address of IPv4, that there is none, or nothing at all. */
export type NameAnswer = { readonly address: string } | 'unknown' | 'silence';

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** A name service of one name, in the place of the platform's. */
export class Names {
  /** Later questions get this one. */
  answer: NameAnswer;

  constructor(answer: NameAnswer) {
    this.answer = answer;
  }

  /** For the options of a socket, or of an agent. */
  readonly lookup: LookupFunction = (hostname: string, { all }: LookupOptions, callback: Callback) => {
    const { answer } = this;
    if (answer === 'silence') return;
    setImmediate(() => {
      if (answer === 'unknown') callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), '');
      else if (all === true) callback(null, [{ address: answer.address, family: 4 }]);
      else callback(null, answer.address, 4);
    });
  };
}
