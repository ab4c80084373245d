import { type Metadata, status } from '@grpc/grpc-js';
import { diag } from '@opentelemetry/api';
import type { FlushOutcome } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import {
  attempt,
  Credentials,
  type Deadline,
  EXPORT_METHODS,
  grpcRequestToHandOver,
  type GrpcRequestToHandOver,
  LEAST_COMPRESSED_BYTES,
  outcomeOfClosed,
  outcomeOfDeadline,
  outcomeOfGrpcAnswer,
  type OtlpRequestBody,
  type OtlpTransport,
  type OtlpTransportOptions,
  RequestHeaders,
  resolveGrpcOptions,
  type ResolvedGrpcOptions,
} from '@spillway/otlp/parts';
import { answerOf, outcomeOfNoAnswer, wasNotProcessed } from './call-result.ts';
import type { GrpcChannel } from './grpc-channel.ts';
import { GrpcConnections } from './grpc-connections.ts';
import { MessageMemory } from './message-memory.ts';
import { metadataOf } from './request-metadata.ts';
import { unaryCall } from './unary-call.ts';

/**
 * OTLP over gRPC. Its connections do not keep the process alive once they are made.
 * @throws TypeError or RangeError for an invalid option; the message names it
 */
export function createGrpcTransport(signal: Signal, options: OtlpTransportOptions): OtlpTransport {
  return new GrpcTransport(signal, resolveGrpcOptions(options));
}

interface Exported {
  readonly outcome: FlushOutcome;
  /** The status of the answer, if there was one. */
  readonly code?: number;
  /** Whether the collector has certainly not looked at the request. */
  readonly wasNotProcessed?: boolean;
}

class GrpcTransport implements OtlpTransport {
  readonly origin: string;
  readonly #signal: Signal;
  readonly #options: ResolvedGrpcOptions;
  readonly #attemptOptions: Parameters<typeof attempt>[0];
  readonly #headers: RequestHeaders;
  readonly #credentials: Credentials;
  readonly #connections: GrpcConnections;
  readonly #memory = new MessageMemory();
  readonly #unfitHeaders = new Set<string>();
  #isCompressed: boolean;
  #isClosed = false;

  constructor(signal: Signal, options: ResolvedGrpcOptions) {
    const { compression, headers, host, maxRequestBytes, origin, timeoutMillis } = options;
    this.origin = origin;
    this.#signal = signal;
    this.#options = options;
    this.#attemptOptions = { maxRequestBytes, timeoutMillis, url: { host } };
    this.#headers = new RequestHeaders(options, 'application/grpc');
    this.#credentials = new Credentials(typeof headers === 'function');
    this.#isCompressed = compression !== 'none';
    if (compression === 'zstd') warn('gRPC cannot compress with zstd here, requests are compressed with gzip');
    this.#connections = new GrpcConnections(options, this.#headers.userAgent, this.#isCompressed);
  }

  async send(body: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome> {
    if (this.#isClosed) return outcomeOfClosed(this.#options.host);
    const outcome = await attempt(this.#attemptOptions, body, signal, async (deadline) =>
      this.#perform(body, deadline),
    );
    return this.#headers.withoutSecrets(this.#credentials.judge(outcome));
  }

  requestOf(body: OtlpRequestBody): GrpcRequestToHandOver {
    const { tls, addresses } = this.#connections;
    const headers = this.#headers.lastKnown();
    return grpcRequestToHandOver(this.#signal, this.#options, {
      headers,
      body,
      isCompressed: this.#isCompressed,
      tls,
      addresses,
    });
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true;
    this.#connections.close();
  }

  async #perform(body: OtlpRequestBody, deadline: Deadline): Promise<FlushOutcome> {
    const asked = this.#headers.forRequest();
    const metadata = metadataOf(asked instanceof Promise ? await deadline.race(asked) : asked, (name) =>
      this.#complainOf(name),
    );
    const message = this.#memory.join(body);
    try {
      return await this.#deliver(message, metadata, deadline);
    } finally {
      this.#memory.giveBack(message);
    }
  }

  async #deliver(message: Buffer, metadata: Metadata, deadline: Deadline): Promise<FlushOutcome> {
    // Another request may find out meanwhile that the collector does not take it. The header of the compression is there even if
    // the message is too small to be compressed, and most servers refuse by the header.
    const saidCompressed = this.#isCompressed;
    const refused = await this.#export(this.#connections, message, metadata, deadline);
    if (!saidCompressed || refused.code !== status.UNIMPLEMENTED) return refused.outcome;

    // The collector may not know the compression, so the message is sent again without it, within the same attempt, because
    // this says nothing about the collector's health. Once that has worked, no later one is compressed.
    const plain = new GrpcConnections(this.#options, this.#headers.userAgent, false);
    try {
      const { code, outcome } = await this.#export(plain, message, metadata, deadline);
      if (code === status.OK) this.#stopCompressing();
      return outcome;
    } finally {
      plain.close();
    }
  }

  async #export(
    connections: GrpcConnections,
    message: Buffer,
    metadata: Metadata,
    deadline: Deadline,
  ): Promise<Exported> {
    const exported = await this.#exportOnce(connections, message, metadata, deadline);
    // The connection was going away. gRPC has tried once more by itself, but may have done so on the same one.
    return exported.wasNotProcessed === true && deadline.end === undefined
      ? this.#exportOnce(connections, message, metadata, deadline)
      : exported;
  }

  async #exportOnce(
    connections: GrpcConnections,
    message: Buffer,
    metadata: Metadata,
    deadline: Deadline,
  ): Promise<Exported> {
    // The headers may have been asked for until after the shutdown. A channel may be given up while several requests wait
    // for it.
    while (!this.#isClosed) {
      const channel = connections.take();
      let exported: Exported | undefined;
      try {
        exported = await this.#exportOn(channel, connections, message, metadata, deadline);
      } finally {
        connections.giveBack(channel, exported?.code !== undefined);
      }
      if (exported !== undefined) return exported;
    }
    return { outcome: outcomeOfClosed(this.#options.host) };
  }

  /** @returns `undefined` if the channel was closed before it was connected */
  async #exportOn(
    channel: GrpcChannel,
    connections: GrpcConnections,
    message: Buffer,
    metadata: Metadata,
    deadline: Deadline,
  ): Promise<Exported | undefined> {
    try {
      if (!(await deadline.race(channel.connected()))) return undefined;
    } catch {
      connections.drop(channel, 'hung');
      return { outcome: outcomeOfDeadline(deadline, this.#attemptOptions, channel.watch.isConnected) };
    }
    const isPlain = message.length < LEAST_COMPRESSED_BYTES;
    const result = await unaryCall(
      channel,
      { method: EXPORT_METHODS[this.#signal], message, metadata, isPlain },
      deadline,
    );
    const answer = answerOf(result);
    if (answer !== undefined) return { outcome: outcomeOfGrpcAnswer(answer, this.#options), code: answer.code };
    if (deadline.end !== undefined) {
      connections.drop(channel, 'hung');
      return { outcome: outcomeOfDeadline(deadline, this.#attemptOptions, channel.watch.isConnected) };
    }
    connections.drop(channel, channel.wasReady ? 'broken' : 'unreachable');
    return {
      outcome: outcomeOfNoAnswer(result, channel.watch, this.#options.host),
      wasNotProcessed: wasNotProcessed(result),
    };
  }

  #stopCompressing(): void {
    if (!this.#isCompressed) return;
    this.#isCompressed = false;
    this.#connections.stopCompressing();
    warn(
      `${this.#options.host} does not take requests compressed with gzip (it answered UNIMPLEMENTED), from now on they are sent uncompressed`,
    );
  }

  #complainOf(name: string): void {
    if (this.#unfitHeaders.has(name)) return;
    this.#unfitHeaders.add(name);
    warn(`the header ${name} is left out, because gRPC does not allow its name or its value`);
  }
}

function warn(message: string): void {
  diag.warn(`OTLP transport: ${message}`);
}
