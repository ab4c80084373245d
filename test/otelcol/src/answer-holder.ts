import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands before a server, and passes on whatever is sent to it; its answers some time later, and only until they are held back. */
export class AnswerHolder implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #holds = false;

  private constructor(targetPort: number, delayMillis: number) {
    this.#server = createServer((client) => {
      const target = connect(targetPort, '127.0.0.1');
      client.pipe(target);
      target.on('data', (bytes) => {
        if (this.#holds) return;
        // In their order, since all wait for the same time.
        if (delayMillis > 0) setTimeout(() => client.write(bytes), delayMillis);
        else client.write(bytes);
      });
      this.#endTogether(client, target);
      this.#endTogether(target, client);
    });
  }

  static async before(targetPort: number, delayMillis = 0): Promise<AnswerHolder> {
    const holder = new AnswerHolder(targetPort, delayMillis);
    await once(holder.#server.listen(0, '127.0.0.1'), 'listening');
    return holder;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What is answered from now on does not arrive, until `release`. */
  hold(): void {
    this.#holds = true;
  }

  /** For later answers. Those that were held back are gone. */
  release(): void {
    this.#holds = false;
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
