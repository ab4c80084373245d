import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands in front of a server. Requests pass at once; answers pass after a delay, unless they are held back. */
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
        // The order is kept, because all wait for the same time.
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

  /** Answers from now on do not arrive, until `release`. */
  hold(): void {
    this.#holds = true;
  }

  /** Later answers arrive again. Those that were held back are lost. */
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
