import { type ChannelOptions, Client, connectivityState } from '@grpc/grpc-js';
import { now } from '@spillway/backpressure';
import { ConnectionWatch } from './connection-watch.ts';
import { GrpcCredentials, type GrpcTls } from './grpc-credentials.ts';

/**
 * A channel whose requests get no answer for this long gets no others. It is shorter than the 2 s after which a pipeline
 * tries one more request beside those that hang.
 */
const SILENT_AFTER_MILLIS = 1_000;

/** A channel of gRPC, for as long as it works, and the requests on it. */
export class GrpcChannel {
  readonly client: Client;
  readonly watch = new ConnectionWatch();
  #requests = 0;
  /** When a request was last answered, or when the first of those in flight began. */
  #signAt = -Infinity;
  #wasReady = false;

  /** @param tls `undefined` for none */
  constructor(target: string, tls: GrpcTls | undefined, options: ChannelOptions) {
    this.client = new Client(target, new GrpcCredentials(this.watch, tls), options);
  }

  /** Requests in flight. */
  get requests(): number {
    return this.#requests;
  }

  /** Whether its requests wait for long, be it for an answer or for a connection. */
  get isSilent(): boolean {
    return this.#requests > 0 && now() >= this.#signAt + SILENT_AFTER_MILLIS;
  }

  /** Whether the last request found a connection over which HTTP/2 had begun. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  begin(): void {
    if (this.#requests === 0) this.#signAt = now();
    this.#requests += 1;
  }

  end(isAnswered: boolean): void {
    this.#requests -= 1;
    if (isAnswered) this.#signAt = now();
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
      this.#wasReady = state === connectivityState.READY;
      if (this.#wasReady || state === connectivityState.TRANSIENT_FAILURE) return true;
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
