import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Passes each connection to the next backend, like a layer 4 load balancer, which knows nothing of requests. */
export class TcpBalancer implements AsyncDisposable {
  /** Ports of 127.0.0.1. A change affects later connections. */
  backends: readonly number[];
  /** How many connections each port has got. */
  readonly given = new Map<number, number>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  private constructor(backends: readonly number[]) {
    this.backends = backends;
    this.#server = createServer((client) => {
      const port = this.backends[this.#turn++ % this.backends.length] ?? 0;
      this.given.set(port, (this.given.get(port) ?? 0) + 1);
      const backend = connect(port, '127.0.0.1');
      client.pipe(backend).pipe(client);
      this.#endTogether(client, backend);
      this.#endTogether(backend, client);
    });
  }

  static async before(...backends: readonly number[]): Promise<TcpBalancer> {
    const balancer = new TcpBalancer(backends);
    await once(balancer.#server.listen(0, '127.0.0.1'), 'listening');
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #endTogether(one: Socket, other: Socket): void {
    this.#sockets.add(one);
    one.on('error', () => undefined);
    one.on('close', () => {
      this.#sockets.delete(one);
      other.destroy();
    });
  }
}
