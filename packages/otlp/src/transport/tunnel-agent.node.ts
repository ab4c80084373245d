import type { ClientRequestArgs } from 'node:http';
import { Agent, type AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Proxy } from './proxy-environment.ts';
import { openTunnel } from './proxy-tunnel.node.ts';

/** Makes TLS connections inside tunnels through a proxy. */
export class TunnelAgent extends Agent {
  readonly #proxy: Proxy;
  readonly #authority: string;
  readonly #timeoutMillis: number;
  readonly #pending = new Set<Socket>();

  /** @param authority host and port of the collector */
  constructor(options: AgentOptions, proxy: Proxy, authority: string, timeoutMillis: number) {
    super(options);
    this.#proxy = proxy;
    this.#authority = authority;
    this.#timeoutMillis = timeoutMillis;
  }

  override createConnection(
    target: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const pending = openTunnel(
      this.#proxy,
      this.#authority,
      this.#timeoutMillis,
      this.options.lookup,
      (error, socket) => {
        this.#pending.delete(pending);
        if (error !== undefined) return callback?.(error, pending);
        const options = { ...target, socket };
        const connection = super.createConnection(options);
        if (connection) callback?.(null, connection);
      },
    );
    this.#pending.add(pending);
    return undefined;
  }

  closePending(): void {
    for (const socket of this.#pending) socket.destroy();
  }
}
