import type { LookupFunction } from 'node:net';
import { type ChannelOptions, compressionAlgorithms } from '@grpc/grpc-js';
import { now } from '@spillway/backpressure';
import {
  ConnectionAges,
  grpcProxyOf,
  NAMES,
  type NameUse,
  type ResolvedGrpcOptions,
  TlsMaterial,
} from '@spillway/otlp/parts';
import type { RemoteAddress } from './connection-watch.ts';
import { GrpcChannel } from './grpc-channel.ts';
import { lookedUp } from './name-resolver.ts';

/**
 * For this long after a connection broke under several requests, each request has a connection to itself. A pipeline has
 * tried a batch again by then that was the reason.
 */
const APART_MILLIS = 10_000;

/**
 * Why a request got no answer. `unreachable`: there was no connection. `broken`: it ended. `hung`: the time of the request
 * is over.
 */
export type NoAnswer = 'unreachable' | 'broken' | 'hung';

/**
 * The connections to the collector: one for all requests, as is usual for gRPC, as long as it works.
 *
 * A channel that has failed is not used again, because gRPC waits longer and longer between its own attempts to connect.
 * The controller decides when to try, and the next request connects immediately, to an address that was looked up for it.
 *
 * One connection for all requests would also make them share their fate. So no request joins others that get no
 * answer: their host may have vanished. And if a connection breaks under several requests, the next ones go apart: one
 * of them may be the reason, and the controller can find out which only if it does not take others with it.
 */
export class GrpcConnections {
  readonly #options: ResolvedGrpcOptions;
  readonly #userAgent: string;
  readonly #tls: TlsMaterial | undefined;
  readonly #ages: ConnectionAges;
  readonly #hostname: string;
  readonly #name: NameUse;
  /** Those for further requests, the oldest first. */
  readonly #channels = new Set<GrpcChannel>();
  #isCompressed: boolean;
  #apartUntil = -Infinity;

  /** @throws TypeError for an invalid certificate or key */
  constructor(options: ResolvedGrpcOptions, userAgent: string, isCompressed: boolean) {
    this.#options = options;
    this.#userAgent = userAgent;
    this.#isCompressed = isCompressed;
    this.#tls = options.isSecure ? new TlsMaterial(options.tls) : undefined;
    this.#ages = new ConnectionAges(options.maxConnectionAgeMillis);
    this.#hostname = options.url.hostname.replace(/^\[(.*)\]$/, '$1');
    this.#name = NAMES.use(this.#hostname);
  }

  /** The certificates and keys in use. */
  get tls(): TlsMaterial['given'] {
    return this.#tls?.given;
  }

  /** Where the newest channel was connected to last. */
  get addresses(): readonly RemoteAddress[] {
    return [...this.#channels].flatMap(({ watch }) => watch.address ?? []).slice(-1);
  }

  /** The channel for one request, until {@link giveBack}. */
  take(): GrpcChannel {
    if (this.#tls?.renew() === true) this.#closeAll();
    for (const channel of this.#channels) if (this.#ages.isOver(channel)) this.#close(channel);
    const channel = this.#best() ?? this.#open();
    this.#ages.used(channel);
    channel.begin();
    return channel;
  }

  /** The request has ended. */
  giveBack(channel: GrpcChannel, isAnswered: boolean): void {
    channel.end(isAnswered);
    // One is enough.
    if (channel.requests === 0 && !this.#areApart && this.#others(channel).some(({ isSilent }) => !isSilent))
      this.#close(channel);
  }

  /** A request on this channel has got no answer: later ones do not use it. Those in flight on it go on. */
  drop(channel: GrpcChannel, why: NoAnswer): void {
    this.#tls?.doubt();
    if (why === 'broken' && (channel.requests > 1 || this.#areApart)) this.#apartUntil = now() + APART_MILLIS;
    this.#close(channel);
    // A host that has vanished leaves connections that look idle.
    if (why === 'hung') for (const other of this.#channels) if (other.requests === 0) this.#close(other);
  }

  /** The collector does not take compressed messages: later requests are sent uncompressed. */
  stopCompressing(): void {
    this.#isCompressed = false;
    this.#closeAll();
  }

  close(): void {
    this.#closeAll();
    this.#name.end();
  }

  get #areApart(): boolean {
    return now() < this.#apartUntil;
  }

  #best(): GrpcChannel | undefined {
    const channels = [...this.#channels];
    const idle = channels.find(({ requests }) => requests === 0);
    return idle ?? (this.#areApart ? undefined : channels.find(({ isSilent }) => !isSilent));
  }

  #others(channel: GrpcChannel): GrpcChannel[] {
    return [...this.#channels].filter((other) => other !== channel);
  }

  get #lookup(): LookupFunction {
    const { httpAgentOptions } = this.#options;
    const given = typeof httpAgentOptions === 'object' ? httpAgentOptions['lookup'] : undefined;
    return typeof given === 'function' ? (given as LookupFunction) : this.#name.lookup;
  }

  #closeAll(): void {
    for (const channel of this.#channels) this.#close(channel);
  }

  #close(channel: GrpcChannel): void {
    if (this.#channels.delete(channel)) channel.close();
  }

  #open(): GrpcChannel {
    const tls = this.#tls && { hostname: this.#hostname, agentOptions: this.#tls.agentOptions };
    const [target, options] = lookedUp(this.#options.target, this.#lookup);
    const channel = new GrpcChannel(target, tls, { ...this.#channelOptions(), ...options });
    this.#channels.add(channel);
    return channel;
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
      'grpc.enable_http_proxy': grpcProxyOf(this.#options) === undefined ? 0 : 1,
      'grpc.primary_user_agent': this.#userAgent,
      'grpc.max_send_message_length': -1,
      'grpc.max_receive_message_length': maxResponseBytes === Infinity ? -1 : maxResponseBytes,
      // The dot of the root is for name servers.
      ...(url.hostname.endsWith('.') && { 'grpc.default_authority': host }),
      ...(this.#isCompressed && { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }),
      ...grpcChannelOptions,
      // Messages are not kept to be sent again. With such a buffer, gRPC says that a message is written when it is in there.
      'grpc.per_rpc_retry_buffer_size': 0,
    };
  }
}
