import { once } from 'node:events';
import {
  Agent,
  createServer as createHttpServer,
  request,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import {
  type ConnectionInjector,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { now } from './clock.ts';
import type { CollectorTls } from './collector.ts';
import type { Connection } from './connection.ts';
import { resetSocket } from './reset-socket.ts';
import { statusWithRetryInfo } from './response-body.ts';

type Call = ServerUnaryCall<Buffer, Buffer>;
type Answer = sendUnaryData<Buffer>;

const PATHS = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': '/v1/traces',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': '/v1/logs',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': '/v1/metrics',
} as const;

/** What a status of HTTP is in gRPC. A server that is too busy says UNAVAILABLE if it does not say for how long. */
const CODES: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.UNIMPLEMENTED,
  413: status.RESOURCE_EXHAUSTED,
  415: status.UNIMPLEMENTED,
  429: status.UNAVAILABLE,
  502: status.UNAVAILABLE,
  503: status.UNAVAILABLE,
  504: status.UNAVAILABLE,
};

const identity = (bytes: Buffer): Buffer => bytes;

/** The header with the number of a call that is passed on. */
const CALL = 'x-grpc-call';

/** An answer that the client has not got after this time is not lost. */
const ANSWER_UNDER_WAY_MILLIS = 2_000;

/** How long calls may still take when clients are told to go away. */
const GRACE_MILLIS = 5_000;

/** A call, as the receiver sees it: with its client's connection. */
interface PassedOn extends Connection {
  readonly call: string;
  endedAt: number;
}

/** One client's connection, and the calls on it whose answers it may not have got, in the order in which they came. */
interface Client {
  readonly number: number;
  readonly socket: Socket;
  readonly calls: Set<PassedOn>;
}

/**
 * Takes gRPC and passes each call on over HTTP to the receiver, in the same process. So every fault and every count of
 * the receiver holds for gRPC too, in the words of gRPC. What the receiver does to the connection of a request, it does
 * to the client's.
 */
export class GrpcGateway {
  readonly #http;
  readonly #agent = new Agent({ keepAlive: true });
  /** By the peer's address. */
  readonly #clients = new Map<string, Client>();
  /** The calls that were passed on lately. The receiver may see a request only after its client has left. */
  readonly #calls = new Map<string, PassedOn>();
  readonly #tls: CollectorTls | undefined;
  readonly #host: string;
  #tcp = createServer();
  #injector: ConnectionInjector | undefined;
  #port = 0;
  #clientCount = 0;
  #callCount = 0;

  /** @param receive answers the requests that are passed on */
  constructor(receive: RequestListener, host: string, tls: CollectorTls | undefined) {
    this.#http = createHttpServer(receive);
    this.#host = host;
    this.#tls = tls;
  }

  get port(): number {
    return this.#port;
  }

  /** The client's connection, for a request that is a call passed on. */
  connectionOf({ headers }: IncomingMessage): Connection | undefined {
    return this.#calls.get(String(headers[CALL]));
  }

  async listen(): Promise<void> {
    if (!this.#http.listening) await once(this.#http.listen(0, '127.0.0.1'), 'listening');
    const injector = this.#openServer();
    this.#injector = injector;
    this.#tcp = createServer((socket) => this.#accept(socket, injector));
    await once(this.#tcp.listen(this.#port, this.#host), 'listening');
    this.#port = (this.#tcp.address() as AddressInfo).port;
  }

  /** Cuts every connection and leaves the port, like a process that dies. */
  async interrupt(): Promise<void> {
    if (!this.#tcp.listening) return;
    const closed = once(this.#tcp, 'close');
    this.#tcp.close();
    for (const { socket } of this.#clients.values()) socket.destroy();
    await closed;
  }

  /** Leaves the port, and tells clients to go away (GOAWAY), which ends each connection with its last call. */
  async goAway(): Promise<void> {
    if (!this.#tcp.listening) return;
    const closed = once(this.#tcp, 'close');
    this.#tcp.close();
    this.#injector?.drain(GRACE_MILLIS);
    await closed;
  }

  async close(): Promise<void> {
    await this.interrupt();
    this.#agent.destroy();
    this.#http.close();
  }

  #openServer(): ConnectionInjector {
    const server = new Server({ 'grpc.max_receive_message_length': -1 });
    for (const [method, path] of Object.entries(PATHS)) {
      server.register<Buffer, Buffer>(
        method,
        (call: Call, answer: Answer) => this.#passOn(call, answer, path),
        identity,
        identity,
        'unary',
      );
    }
    return server.createConnectionInjector(credentialsOf(this.#tls));
  }

  #accept(socket: Socket, injector: ConnectionInjector): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#clientCount += 1;
    const client: Client = { number: this.#clientCount, socket, calls: new Set() };
    this.#clients.set(peer, client);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#clients.delete(peer);
      for (const { onClosed } of client.calls) onClosed?.();
      setTimeout(() => this.#forget(client, Infinity), ANSWER_UNDER_WAY_MILLIS).unref();
    });
    injector.injectConnection(socket);
  }

  /** Forgets the calls that ended before that. */
  #forget(client: Client, before: number): void {
    for (const passedOn of client.calls) {
      if (passedOn.endedAt >= before) continue;
      client.calls.delete(passedOn);
      this.#calls.delete(passedOn.call);
    }
  }

  #passOn(call: Call, answer: Answer, path: string): void {
    const client = this.#clients.get(call.getPeer());
    if (client === undefined) return;
    this.#callCount += 1;
    const { number, socket } = client;
    const passedOn: PassedOn = {
      call: String(this.#callCount),
      number,
      socket,
      onClosed: undefined,
      endedAt: Infinity,
    };
    this.#forget(client, now() - ANSWER_UNDER_WAY_MILLIS);
    this.#calls.set(passedOn.call, passedOn);
    client.calls.add(passedOn);
    const passed = request({
      agent: this.#agent,
      host: '127.0.0.1',
      port: (this.#http.address() as AddressInfo).port,
      method: 'POST',
      path,
      headers: { ...headersOf(call.metadata), 'content-type': 'application/x-protobuf', [CALL]: passedOn.call },
    });
    passed.once('close', () => (passedOn.endedAt = now()));
    const onBroken = () => {
      if (!call.cancelled) resetSocket(socket);
    };
    passed.once('error', onBroken);
    passed.once('response', (response) => {
      void response.toArray().then((chunks: Buffer[]) => answerWith(answer, response, Buffer.concat(chunks)), onBroken);
    });
    call.once('cancelled', () => passed.destroy());
    passed.end(call.request);
  }
}

function answerWith(answer: Answer, { statusCode = 0, headers }: IncomingMessage, body: Buffer): void {
  if (statusCode < 300) return answer(null, body);
  const metadata = new Metadata();
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  if (!Number.isNaN(seconds)) metadata.set('grpc-status-details-bin', statusWithRetryInfo(seconds));
  const asksToWait = statusCode === 429 && !Number.isNaN(seconds);
  const code = asksToWait ? status.RESOURCE_EXHAUSTED : (CODES[statusCode] ?? status.INTERNAL);
  const details =
    statusCode === 413 ? 'received message larger than max' : `HTTP ${statusCode}: ${body.toString('latin1')}`;
  answer({ code, details: details.replaceAll(/[^ -~]/g, ''), metadata });
}

function headersOf(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata.getMap()).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

function credentialsOf(tls: CollectorTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { key, cert, clientCa } = tls;
  return ServerCredentials.createSsl(
    clientCa === undefined ? null : Buffer.from(clientCa),
    [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }],
    clientCa !== undefined,
  );
}
