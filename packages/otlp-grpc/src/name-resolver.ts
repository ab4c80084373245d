import { isIP, type LookupFunction } from 'node:net';
import { type ChannelOptions, experimental, Metadata, status } from '@grpc/grpc-js';
import { defer, now } from '@spillway/backpressure';

const SCHEME = 'spillway';
/** The option by which a channel's resolver gets its function. */
const LOOKUP = 'spillway.lookup';
/** gRPC asks again after each connection that fails or closes. Nobody moves faster than this. */
const LEAST_PAUSE_MILLIS = 1_000;

type Found = Parameters<Parameters<LookupFunction>[2]>;

/**
 * Looks the collector's name up as the transports over HTTP do. gRPC's own resolver occupies a thread of Node's pool for
 * each channel while name servers are silent, which are the threads that the application looks names up with.
 */
class NameResolver implements experimental.Resolver {
  readonly #host: string;
  readonly #port: number;
  readonly #listener: experimental.ResolverListener;
  readonly #lookup: LookupFunction;
  /** The identity of the look-up whose answer is awaited. */
  #question: object | undefined;
  #askedAt = -Infinity;

  constructor({ path }: experimental.GrpcUri, listener: experimental.ResolverListener, options: ChannelOptions) {
    const [, host = path, port = ''] = /^(.*):(\d+)$/.exec(path) ?? [];
    this.#host = host;
    this.#port = Number(port);
    this.#listener = listener;
    this.#lookup = options[LOOKUP] as LookupFunction;
  }

  static getDefaultAuthority({ path }: experimental.GrpcUri): string {
    return path;
  }

  updateResolution(): void {
    if (this.#question !== undefined || now() < this.#askedAt + LEAST_PAUSE_MILLIS) return;
    const question = {};
    this.#question = question;
    this.#askedAt = now();
    // gRPC demands a later turn, and a function of the application may call back at once.
    const answer = (...found: Found) => defer(() => this.#onAnswer(question, found));
    try {
      this.#lookup(this.#host, { all: true }, answer);
    } catch (error) {
      answer(error as Error, []);
    }
  }

  destroy(): void {
    this.#question = undefined;
    this.#askedAt = -Infinity;
  }

  #onAnswer(question: object, [error, found, family]: Found): void {
    if (this.#question !== question) return;
    this.#question = undefined;
    const addresses = typeof found === 'string' ? [{ address: found, family }] : (found ?? []);
    const endpoints = addresses.map(({ address }) => ({ addresses: [{ host: address, port: this.#port }] }));
    const why = error?.message ?? `${this.#host} has no address`;
    this.#listener(
      error === null && endpoints.length > 0
        ? experimental.statusOrFromValue(endpoints)
        : experimental.statusOrFromError({
            code: status.UNAVAILABLE,
            details: `Name resolution failed: ${why}`,
            metadata: new Metadata(),
          }),
      {},
      null,
      '',
    );
  }
}

experimental.registerResolver(SCHEME, NameResolver);

/**
 * The target and the options of a channel whose host is looked up by that function.
 * @param target as gRPC names it: `dns:host:port`, or `unix:path`
 */
export function lookedUp(target: string, lookup: LookupFunction): readonly [target: string, options: ChannelOptions] {
  const [, address, hostname = ''] = /^dns:((.*):\d+)$/.exec(target) ?? [];
  // gRPC looks up neither paths nor addresses.
  return address === undefined || isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0
    ? [target, {}]
    : [`${SCHEME}:${address}`, { [LOOKUP]: lookup }];
}
