import type { LookupAddress, LookupAllOptions, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { diag } from '@opentelemetry/api';
import { now, startTimer } from '@spillway/backpressure';
import { nodeDns, nodeOs } from '../platform/node-modules.node.ts';
import { isKnownLocally } from './name-files.node.ts';
import { askNameServers, type NameFamily, type NameServersAnswer } from './name-servers.node.ts';

/** If a new answer takes longer than this, the last good one is used instead. */
const KEPT_AFTER_MILLIS = 1_000;

type Addresses = readonly LookupAddress[];

/** The platform's ways to look up names. */
export interface NamePlatform {
  /** The look-up that connections of this process use by default. */
  lookup(hostname: string, options: LookupAllOptions): Promise<Addresses>;
  /** Whether `lookup` needs no name server. */
  isKnownLocally(hostname: string): boolean;
  askNameServers(hostname: string, families: readonly NameFamily[], signal: AbortSignal): Promise<NameServersAnswer>;
}

/** One user's access to names. */
export interface NameUse {
  /** Replaces `dns.lookup`. */
  readonly lookup: LookupFunction;
  /** The addresses for a connection now, without a look-up; empty if there never was an answer. */
  readonly lastAddresses: Addresses;
  /** Cancels a look-up that nobody else waits for. */
  end(): void;
}

/**
 * Looks names up for all connections of the process.
 *
 * While name servers are silent, which means for 5 s and more, `dns.lookup` occupies a thread of a pool of four, of
 * which look-ups may use two. Two of Spillway's look-ups that hang would block all those of the application, and a
 * process does not end before its threads do. Therefore there is only one look-up of a name at a time, and the name
 * servers are asked over sockets first. Only if they answer is the platform's look-up called, because it alone knows
 * the hosts file, the order of addresses and the rest of the machine's configuration. The last good answer is kept for
 * when a new one does not come.
 *
 * A name is still looked up for every new connection, so a host that moves is followed.
 */
export class Names {
  readonly #platform: NamePlatform;
  /** By name and options. */
  readonly #names = new Map<string, Name>();
  readonly #uses = new Map<string, number>();

  constructor(platform: NamePlatform) {
    this.#platform = platform;
  }

  /** @param hostname the name that will be looked up */
  use(hostname: string): NameUse {
    this.#uses.set(hostname, (this.#uses.get(hostname) ?? 0) + 1);
    let isOver = false;
    const end = () => {
      if (!isOver) this.#endUse(hostname);
      isOver = true;
    };
    const lastAddresses = () => this.#ofHost(hostname).find(({ kept }) => kept.length > 0)?.kept ?? [];
    return {
      lookup: this.#lookup,
      get lastAddresses() {
        return lastAddresses();
      },
      end,
    };
  }

  #endUse(hostname: string): void {
    const left = (this.#uses.get(hostname) ?? 1) - 1;
    this.#uses.set(hostname, left);
    if (left > 0) return;
    this.#uses.delete(hostname);
    for (const name of this.#ofHost(hostname)) name.withdraw();
  }

  readonly #lookup: LookupFunction = (hostname, options: LookupOptions, callback) => {
    this.#nameOf(hostname, options)
      .addresses()
      .then(
        // In a separate tick, so that an error of the callback does not reject this promise.
        (addresses) => process.nextTick(callBack, callback, addresses, options.all === true),
        (error: NodeJS.ErrnoException) => process.nextTick(callback, error, ''),
      );
  };

  #nameOf(hostname: string, options: LookupOptions): Name {
    const asked: LookupAllOptions = { ...options, all: true };
    const key = JSON.stringify([hostname, asked]);
    const name = this.#names.get(key) ?? new Name(hostname, asked, this.#platform);
    this.#names.set(key, name);
    return name;
  }

  #ofHost(hostname: string): readonly Name[] {
    return [...this.#names.values()].filter((name) => name.hostname === hostname);
  }
}

function callBack(callback: Parameters<LookupFunction>[2], addresses: Addresses, all: boolean): void {
  const [first] = addresses;
  if (all || first === undefined) callback(null, [...addresses]);
  else callback(null, first.address, first.family);
}

interface Question {
  readonly startedAt: number;
  readonly addresses: Promise<Addresses>;
  readonly withdrawal: AbortController;
}

/** One name, looked up with one set of options. */
class Name {
  readonly hostname: string;
  readonly #options: LookupAllOptions;
  readonly #platform: NamePlatform;
  /** The look-up in flight. */
  #question: Question | undefined;
  #kept: Addresses = [];
  /** Whether the kept answer has been used since the last good one. */
  #isKeptUsed = false;

  constructor(hostname: string, options: LookupAllOptions, platform: NamePlatform) {
    this.hostname = hostname;
    this.#options = options;
    this.#platform = platform;
  }

  /** The last good answer; empty if there was none. */
  get kept(): Addresses {
    return this.#kept;
  }

  /** Joins a look-up that is in flight, because another one would only take another thread. */
  addresses(): Promise<Addresses> {
    const { startedAt, addresses } = (this.#question ??= this.#ask());
    if (this.#kept.length === 0) return addresses;
    return new Promise((resolve) => {
      const useKept = () => resolve(this.#useKept());
      const left = Math.max(startedAt + KEPT_AFTER_MILLIS - now(), 0);
      const timer = startTimer(useKept, left);
      addresses.then(resolve, useKept).finally(() => timer.cancel());
    });
  }

  withdraw(): void {
    this.#question?.withdrawal.abort();
  }

  #ask(): Question {
    const withdrawal = new AbortController();
    const addresses = this.#answer(withdrawal.signal).then(
      (answer) => {
        this.#question = undefined;
        this.#kept = answer;
        this.#isKeptUsed = false;
        return answer;
      },
      (error) => {
        this.#question = undefined;
        throw error;
      },
    );
    return { startedAt: now(), addresses, withdrawal };
  }

  async #answer(signal: AbortSignal): Promise<Addresses> {
    const { hostname } = this;
    if (this.#platform.isKnownLocally(hostname)) return this.#platform.lookup(hostname, this.#options);
    const answer = await this.#platform.askNameServers(hostname, familiesOf(this.#options), signal);
    if (answer.kind === 'prompt') return this.#platform.lookup(hostname, this.#options);
    if (answer.kind === 'silent') throw lookupError('EAI_AGAIN', hostname, `no name server answers for ${hostname}`);
    if (answer.addresses.length === 0) throw lookupError('ENOTFOUND', hostname, `${hostname} has no address`);
    return answer.addresses;
  }

  #useKept(): Addresses {
    if (!this.#isKeptUsed) {
      diag.warn(
        `OTLP transport: looking up ${this.hostname} failed or takes too long, so its last addresses are used (${this.#kept.map(({ address }) => address).join(', ')})`,
      );
    }
    this.#isKeptUsed = true;
    return this.#kept;
  }
}

/** The families that the platform would ask for, in the order in which addresses should be tried. */
function familiesOf({
  family,
  hints = 0,
  order = nodeDns().getDefaultResultOrder(),
}: LookupAllOptions): readonly NameFamily[] {
  if (family === 4 || family === 'IPv4') return [4];
  if (family === 6 || family === 'IPv6') return [6];
  const both: readonly NameFamily[] = order === 'ipv6first' ? [6, 4] : [4, 6];
  if ((hints & nodeDns().ADDRCONFIG) === 0) return both;
  const ofMachine = Object.values(nodeOs().networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ internal }) => !internal),
  );
  const families = both.filter((wanted) => ofMachine.some(({ family: has }) => has === `IPv${wanted}`));
  return families.length === 0 ? both : families;
}

function lookupError(code: string, hostname: string, message: string): Error {
  return Object.assign(new Error(message), { code, hostname, syscall: 'getaddrinfo' });
}

/** The names of this process. */
export const NAMES = new Names({
  lookup: (hostname, options) =>
    new Promise((resolve, reject) => {
      // Called through the module, as Node does, because applications may replace the function there.
      nodeDns().lookup(hostname, options, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
    }),
  isKnownLocally,
  askNameServers,
});
