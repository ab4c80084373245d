import { now } from '@spillway/backpressure';

/**
 * Each connection is used for at least this share of the maximum age, so that connections opened together close apart.
 */
const LEAST_SHARE = 0.5;

/**
 * How long connections are used. A balancer that distributes connections knows nothing of requests: all requests of a
 * busy connection go to the replica that it chose at first, and never to one that was started later.
 */
export class ConnectionAges {
  readonly #maxMillis: number;
  readonly #ends = new WeakMap<object, number>();

  /** @param maxMillis `Infinity` for no limit */
  constructor(maxMillis: number) {
    this.#maxMillis = maxMillis;
  }

  /**
   * A request has got a connection. The age starts with its first request, because Node does not always report reuse.
   */
  used(connection: object): void {
    if (this.#ends.has(connection)) return;
    const share = LEAST_SHARE + (1 - LEAST_SHARE) * Math.random();
    this.#ends.set(connection, now() + share * this.#maxMillis);
  }

  /** Whether the connection has been used for long enough. */
  isOver(connection: object): boolean {
    return now() >= (this.#ends.get(connection) ?? Infinity);
  }
}
