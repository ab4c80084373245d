import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { resetSocket } from '../collector/src/reset-socket.ts';
import { NarrowLink } from './narrow-link.ts';

export interface RelayOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Bandwidth in each direction, of all connections together. Default: no limit. */
  readonly bytesPerSecond?: number;
}

interface Link {
  readonly up: NarrowLink;
  readonly down: NarrowLink;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  hasVanished: boolean;
}

/** A TCP relay between a client and a server that can fail in several ways. */
export class Relay {
  readonly #server: Server;
  readonly #link: Link | undefined;
  readonly #pairs = new Set<Pair>();
  #state: 'forwards' | 'has vanished' | 'cuts' = 'forwards';

  /** @param targetPort on 127.0.0.1 */
  static async start(
    targetPort: number,
    { host = '127.0.0.1', port = 0, bytesPerSecond }: RelayOptions = {},
  ): Promise<Relay> {
    const relay = new Relay(targetPort, bytesPerSecond);
    relay.#server.listen(port, host);
    await once(relay.#server, 'listening');
    return relay;
  }

  private constructor(targetPort: number, bytesPerSecond: number | undefined) {
    this.#link =
      bytesPerSecond === undefined
        ? undefined
        : { up: new NarrowLink(bytesPerSecond), down: new NarrowLink(bytesPerSecond) };
    this.#server = createServer((client) => this.#forward(client, targetPort));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The host behind the relay vanishes: connections stay open or can be made, but nothing is read or answered. */
  vanish(): void {
    this.#state = 'has vanished';
    for (const pair of this.#pairs) {
      pair.hasVanished = true;
      pair.client.unpipe().pause();
      pair.upstream.unpipe().destroy();
    }
  }

  /** Cuts every connection with RST, including new ones. */
  cut(): void {
    this.#state = 'cuts';
    for (const { client, upstream } of this.#pairs) {
      resetSocket(client);
      resetSocket(upstream);
    }
  }

  /** The host is back. It does not know the existing connections. */
  comeBack(): void {
    this.#state = 'forwards';
  }

  /** Cuts every connection and leaves the port. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #forward(client: Socket, targetPort: number): void {
    client.on('error', () => undefined);
    if (this.#state === 'cuts') {
      resetSocket(client);
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1');
    const pair = { client, upstream, hasVanished: this.#state === 'has vanished' };
    this.#pairs.add(pair);
    upstream.on('error', () => undefined);
    if (pair.hasVanished) upstream.destroy();
    else if (this.#link === undefined) client.pipe(upstream).pipe(client);
    else cross(client, upstream, this.#link);
    client.on('close', () => {
      this.#pairs.delete(pair);
      upstream.destroy();
    });
    upstream.on('close', () => {
      if (!pair.hasVanished) client.destroy();
    });
  }
}

/** When a connection closes, its remaining bytes take no more of the link. */
function cross(client: Socket, upstream: Socket, link: Link): void {
  const [up, down] = [link.up.crossing(), link.down.crossing()];
  client.pipe(up).pipe(upstream).pipe(down).pipe(client);
  client.on('close', () => {
    up.destroy();
    down.destroy();
  });
}
