import { type ChannelOptions, Client, connectivityState } from '@grpc/grpc-js';
import { ConnectionWatch } from './connection-watch.ts';
import { GrpcCredentials, type GrpcTls } from './grpc-credentials.ts';

/** A channel of gRPC, for as long as it works. */
export class GrpcChannel {
  readonly client: Client;
  readonly watch = new ConnectionWatch();

  /** @param tls `undefined` for none */
  constructor(target: string, tls: GrpcTls | undefined, options: ChannelOptions) {
    this.client = new Client(target, new GrpcCredentials(this.watch, tls), options);
  }

  /**
   * Waits until there is a connection, or it is known that there is none. A call would wait just as well, but gRPC keeps the
   * process alive for it.
   * @returns false if the channel was closed meanwhile
   */
  async connected(): Promise<boolean> {
    const channel = this.client.getChannel();
    for (;;) {
      // A closed channel would connect once more if it was told to.
      if (channel.getConnectivityState(false) === connectivityState.SHUTDOWN) return false;
      const state = this.watch.run(() => channel.getConnectivityState(true));
      if (state === connectivityState.READY || state === connectivityState.TRANSIENT_FAILURE) return true;
      await new Promise((resolve) => channel.watchConnectivityState(state, Infinity, resolve));
    }
  }

  /** Calls in progress go on. */
  close(): void {
    const isReady = this.client.getChannel().getConnectivityState(false) === connectivityState.READY;
    this.client.close();
    if (isReady) this.watch.abandon();
    else this.watch.destroy();
  }
}
