import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js';
import type { AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import { serverNameOf } from '@spillway/otlp/parts';
import type { ConnectionWatch } from './connection-watch.ts';

type ConnectorOf = ChannelCredentials['_createSecureConnector'];
type SecureConnector = ReturnType<ConnectorOf>;

export interface GrpcTls {
  /** The collector's, without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly agentOptions: AgentOptions;
}

/**
 * Makes the connections of a channel, of TLS or not. gRPC's own credentials do not tell by which code a handshake failed,
 * and send the name of a host that is only an address.
 */
export class GrpcCredentials extends ChannelCredentials {
  readonly #watch: ConnectionWatch;
  readonly #tls: GrpcTls | undefined;

  constructor(watch: ConnectionWatch, tls: GrpcTls | undefined) {
    super();
    this.#watch = watch;
    this.#tls = tls;
  }

  override _isSecure(): boolean {
    return this.#tls !== undefined;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(...[, , given]: Parameters<ConnectorOf>): SecureConnector {
    const tls = this.#tls;
    const secure = async (socket: Socket): Promise<Socket> => (tls === undefined ? socket : secured(socket, tls));
    return {
      waitForReady: async () => {},
      getCallCredentials: () => given ?? CallCredentials.createEmpty(),
      destroy() {},
      connect: async (socket) => ({
        socket: await this.#watch.connected(socket, secure),
        secure: tls !== undefined,
      }),
    };
  }
}

async function secured(socket: Socket, { hostname, agentOptions }: GrpcTls): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = {
      servername: serverNameOf(hostname),
      ...agentOptions,
      host: hostname,
      ALPNProtocols: ['h2'],
      socket,
    };
    const tlsSocket = connect(options, () => resolve(tlsSocket));
    tlsSocket.once('error', reject);
  });
}
