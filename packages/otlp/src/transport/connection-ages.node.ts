import type { Socket } from 'node:net';
import { now } from '@spillway/backpressure';

/** Connections that were opened together are not closed together: each is used for this share of the greatest age, or more. */
const LEAST_SHARE = 0.5;

/**
 * How long connections are used. A balancer that distributes connections knows nothing of requests: those of a busy
 * connection all go to the replica that it once chose, and never to one that was started later.
 */
export class ConnectionAges {
  readonly #maxMillis: number;
  readonly #ends = new WeakMap<Socket, number>();

  /** @param maxMillis `Infinity` for no limit */
  constructor(maxMillis: number) {
    this.#maxMillis = maxMillis;
  }

  /** A request has got a connection. Its first one counts as the beginning: Node does not always tell that one is used again. */
  used(socket: Socket): void {
    if (this.#ends.has(socket)) return;
    const share = LEAST_SHARE + (1 - LEAST_SHARE) * Math.random();
    this.#ends.set(socket, now() + share * this.#maxMillis);
  }

  /** Whether it has been used for long enough. */
  isOver(socket: Socket): boolean {
    return now() >= (this.#ends.get(socket) ?? Infinity);
  }
}
