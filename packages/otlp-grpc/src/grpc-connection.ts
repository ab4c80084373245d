import { type ChannelOptions, compressionAlgorithms } from '@grpc/grpc-js';
import { allowsProxy, ConnectionAges, type ResolvedGrpcOptions, TlsMaterial } from '@spillway/otlp/parts';
import type { RemoteAddress } from './connection-watch.ts';
import { GrpcChannel } from './grpc-channel.ts';

/**
 * The connection to the collector. gRPC waits longer and longer between its own attempts to connect, and asks for the
 * addresses of a name every 30 s at most. The controller decides when to try, so a channel that has failed is thrown
 * away: the next request makes a new one, which looks the name up and connects immediately.
 */
export class GrpcConnection {
  readonly #options: ResolvedGrpcOptions;
  readonly #userAgent: string;
  readonly #tls: TlsMaterial | undefined;
  readonly #ages: ConnectionAges;
  #isCompressed: boolean;
  #channel: GrpcChannel | undefined;

  /** @throws TypeError for an invalid certificate or key */
  constructor(options: ResolvedGrpcOptions, userAgent: string, isCompressed: boolean) {
    this.#options = options;
    this.#userAgent = userAgent;
    this.#isCompressed = isCompressed;
    this.#tls = options.isSecure ? new TlsMaterial(options.tls) : undefined;
    this.#ages = new ConnectionAges(options.maxConnectionAgeMillis);
  }

  /** The certificates and keys in use. */
  get tls(): TlsMaterial['given'] {
    return this.#tls?.given;
  }

  /** Where the current channel was connected to last. */
  get addresses(): readonly RemoteAddress[] {
    const address = this.#channel?.watch.address;
    return address === undefined ? [] : [address];
  }

  /** The channel for the next request. */
  get(): GrpcChannel {
    if (this.#tls?.renew() === true || (this.#channel !== undefined && this.#ages.isOver(this.#channel)))
      this.#replace();
    this.#channel ??= this.#open();
    this.#ages.used(this.#channel);
    return this.#channel;
  }

  /** A request has failed on this channel: later requests do not use it. Those in flight on it go on. */
  drop(channel: GrpcChannel): void {
    this.#tls?.doubt();
    if (channel === this.#channel) this.#replace();
  }

  /** The collector does not take compressed messages: later requests are sent uncompressed. */
  stopCompressing(): void {
    this.#isCompressed = false;
    this.#replace();
  }

  close(): void {
    this.#replace();
  }

  #replace(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  #open(): GrpcChannel {
    const { target, url } = this.#options;
    const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const tls = this.#tls && { hostname, agentOptions: this.#tls.agentOptions };
    return new GrpcChannel(target, tls, this.#channelOptions());
  }

  #channelOptions(): ChannelOptions {
    const { grpcChannelOptions, host, maxResponseBytes, url } = this.#options;
    return {
      // The controller retries. Without a service configuration, gRPC sends a call again only if the server has not begun to
      // process it, because the connection was going away.
      'grpc.service_config_disable_resolution': 1,
      // A pool would give a new channel the old connection, with its wait for the next attempt.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_channelz': 0,
      'grpc.enable_http_proxy': allowsProxy(this.#options) ? 1 : 0,
      'grpc.primary_user_agent': this.#userAgent,
      'grpc.max_send_message_length': -1,
      'grpc.max_receive_message_length': maxResponseBytes === Infinity ? -1 : maxResponseBytes,
      // The dot of the root is for name servers.
      ...(url.hostname.endsWith('.') && { 'grpc.default_authority': host }),
      ...(this.#isCompressed && { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }),
      ...grpcChannelOptions,
    };
  }
}
