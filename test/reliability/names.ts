import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** The answer of a name service: an IPv4 address, that the name is unknown, or no answer at all. */
export type NameAnswer = { readonly address: string } | 'unknown' | 'silence';

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** A name service with one name that replaces the platform's. */
export class Names {
  /** The answer to later questions. */
  answer: NameAnswer;

  constructor(answer: NameAnswer) {
    this.answer = answer;
  }

  /** An option for sockets and agents. */
  readonly lookup: LookupFunction = (hostname: string, { all }: LookupOptions, callback: Callback) => {
    const { answer } = this;
    if (answer === 'silence') return;
    setImmediate(() => {
      if (answer === 'unknown')
        callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), '');
      else if (all === true) callback(null, [{ address: answer.address, family: 4 }]);
      else callback(null, answer.address, 4);
    });
  };
}
