import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface RelayOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: any free one. */
  readonly port?: number;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  hasVanished: boolean;
}

/** What stands between a client and a server in TCP, and can go wrong there. */
export class Relay {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #state: 'forwards' | 'has vanished' | 'cuts' = 'forwards';

  /** @param targetPort on 127.0.0.1 */
  static async start(targetPort: number, { host = '127.0.0.1', port = 0 }: RelayOptions = {}): Promise<Relay> {
    const relay = new Relay(targetPort);
    relay.#server.listen(port, host);
    await once(relay.#server, 'listening');
    return relay;
  }

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#forward(client, targetPort));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The host behind is gone: connections stay open or can be made, and nothing is read or answered any more. */
  vanish(): void {
    this.#state = 'has vanished';
    for (const pair of this.#pairs) {
      pair.hasVanished = true;
      pair.client.unpipe().pause();
      pair.upstream.unpipe().destroy();
    }
  }

  /** Cuts every connection with RST, and new ones as well. */
  cut(): void {
    this.#state = 'cuts';
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  /** There is a host again. It knows nothing of the connections that there are. */
  comeBack(): void {
    this.#state = 'forwards';
  }

  /** Cuts every connection, and leaves the port. */
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
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1');
    const pair = { client, upstream, hasVanished: this.#state === 'has vanished' };
    this.#pairs.add(pair);
    upstream.on('error', () => undefined);
    if (pair.hasVanished) upstream.destroy();
    else client.pipe(upstream).pipe(client);
    client.on('close', () => {
      this.#pairs.delete(pair);
      upstream.destroy();
    });
    upstream.on('close', () => {
      if (!pair.hasVanished) client.destroy();
    });
  }
}
