import type { Server, Socket } from 'node:net';

/** One TCP connection. With TLS, `socket` is the raw socket below it, because only that can send RST. */
export interface Connection {
  /** 1 for the first of this collector. */
  readonly number: number;
  readonly socket: Socket;
  /** Called when the connection has closed. Its latest request sets it. */
  onClosed: (() => void) | undefined;
}

/** The open connections of a server. They are found by their socket, or by the peer's address for a TLS socket. */
export class Connections {
  readonly #bySocket = new WeakMap<Socket, Connection>();
  readonly #open = new Map<string, Connection>();
  #opened = 0;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket);
      this.#opened += 1;
      const connection: Connection = { number: this.#opened, socket, onClosed: undefined };
      // A connection that was reset before it was accepted has no address any more, but may still have sent a request.
      this.#bySocket.set(socket, connection);
      this.#open.set(peer, connection);
      socket.on('close', () => {
        if (this.#open.get(peer) === connection) this.#open.delete(peer);
        connection.onClosed?.();
      });
    });
  }

  of(socket: Socket): Connection | undefined {
    return this.#bySocket.get(socket) ?? this.#open.get(peerOf(socket));
  }

  destroyAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
