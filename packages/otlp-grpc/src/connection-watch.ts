import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

export interface RemoteAddress {
  readonly address: string;
  readonly family: number;
}

/** For which channel a connection is opened. */
const opener = new AsyncLocalStorage<ConnectionWatch>();

/** Node tells of each socket when it begins to connect. gRPC gives it away only once it is connected. */
subscribe('net.client.socket', (message) => opener.getStore()?.opened((message as { readonly socket: Socket }).socket));

/**
 * The connections of a channel. gRPC tells only in a text what became of them, and lets them keep the process alive
 * while they are opened and while they are in use.
 */
export class ConnectionWatch {
  #isConnected = false;
  #wasConnected = false;
  #tlsError: unknown;
  #address: RemoteAddress | undefined;
  readonly #connecting = new Set<Socket>();
  readonly #open = new Set<Socket>();

  /** Whether there is a connection to the collector, or to the proxy. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Whether the last attempt to connect found something that listens. */
  get wasConnected(): boolean {
    return this.#wasConnected;
  }

  /** Why the last handshake of TLS failed. */
  get tlsError(): unknown {
    return this.#tlsError;
  }

  /** Where the last connection leads to. */
  get address(): RemoteAddress | undefined {
    return this.#address;
  }

  /** Runs what opens connections. */
  run<Result>(open: () => Result): Result {
    return opener.run(this, open);
  }

  /** Called with each socket of the channel, before it is connected. */
  opened(socket: Socket): void {
    neverHold(socket);
    this.#wasConnected = false;
    this.#connecting.add(socket);
    this.#open.add(socket);
    const forget = () => this.#connecting.delete(socket);
    socket.once('connect', forget).once('close', forget);
    socket.once('close', () => this.#open.delete(socket));
  }

  /** Gives up connections that are not made yet, which may take the kernel minutes. */
  abandon(): void {
    for (const socket of this.#connecting) socket.destroy();
  }

  /** Closes what is open, too: a peer that never finishes TLS or HTTP/2 would hold its socket as long as it likes. */
  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Called with a socket that is connected. @param secure makes a connection of TLS on it */
  async connected(socket: Socket, secure: (socket: Socket) => Promise<Socket>): Promise<Socket> {
    const { remoteAddress, remoteFamily } = socket;
    this.#isConnected = true;
    this.#wasConnected = true;
    socket.once('close', () => (this.#isConnected = false));
    this.#tlsError = undefined;
    if (remoteAddress !== undefined)
      this.#address = { address: remoteAddress, family: remoteFamily === 'IPv6' ? 6 : 4 };
    try {
      const secured = await secure(socket);
      neverHold(secured);
      return secured;
    } catch (error) {
      this.#tlsError = error;
      throw error;
    }
  }
}

/** Telemetry does not keep the process alive, unless somebody awaits a drain. */
function neverHold(socket: Socket): void {
  socket.unref();
  socket.ref = () => socket;
}
