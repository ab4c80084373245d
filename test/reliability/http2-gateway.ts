import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { GatewayTimeout } from './gateway.ts';
import { TimedOutPaths } from './timed-out-paths.ts';

/** A reverse proxy of HTTP/2 with a time limit, for gRPC. Later answers of its server are lost. */
export class Http2Gateway {
  readonly timedOut = new TimedOutPaths();
  readonly #server: Http2Server;
  readonly #target: string;
  readonly #timeoutMillis: number;
  readonly #onTimeout: GatewayTimeout;
  readonly #clients = new Set<ServerHttp2Session>();
  #idle: ClientHttp2Session[] = [];

  static async start(target: string, timeoutMillis: number, onTimeout: GatewayTimeout): Promise<Http2Gateway> {
    const gateway = new Http2Gateway(target, timeoutMillis, onTimeout);
    gateway.#server.listen(0, '127.0.0.1');
    await once(gateway.#server, 'listening');
    return gateway;
  }

  private constructor(target: string, timeoutMillis: number, onTimeout: GatewayTimeout) {
    this.#target = target;
    this.#timeoutMillis = timeoutMillis;
    this.#onTimeout = onTimeout;
    this.#server = createServer().on('session', (client) => this.#accept(client));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const session of [...this.#clients, ...this.#idle]) session.destroy();
    await closed;
  }

  #accept(client: ServerHttp2Session): void {
    /** The connections to the server over which this client was answered. */
    const answeredBy = new Set<ClientHttp2Session>();
    this.#clients.add(client);
    client.on('error', () => undefined);
    client.on('close', () => {
      this.#clients.delete(client);
      // The last answers may not have reached the client.
      for (const server of answeredBy) server.close();
    });
    client.on('stream', (stream, headers) => this.#forward(client, stream, headers, answeredBy));
  }

  /** A connection carries one request at a time. It is closed if the answer is lost, so that the server can know that. */
  #forward(
    client: ServerHttp2Session,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    answeredBy: Set<ClientHttp2Session>,
  ): void {
    this.#idle = this.#idle.filter(({ closed }) => !closed);
    const server = this.#idle.pop() ?? connect(this.#target).on('error', () => undefined);
    const upstream = server.request(headers);
    let isLate = false;
    let trailers: IncomingHttpHeaders = {};
    const timer = setTimeout(() => {
      isLate = true;
      if (this.#onTimeout === 'cuts the connection') client.destroy();
      else if (!stream.destroyed) {
        stream.respond({ ':status': 504, 'content-type': 'text/plain' });
        stream.end('upstream request timeout');
      }
      this.timedOut.add(String(headers[':path']));
    }, this.#timeoutMillis);
    stream.on('error', () => undefined);
    upstream.on('error', () => stream.destroyed || stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    upstream.on('close', () => clearTimeout(timer));
    upstream.on('response', (answer) => {
      clearTimeout(timer);
      if (isLate || stream.destroyed) return server.destroy();
      stream.respond(answer, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      upstream.pipe(stream);
      upstream.on('end', () => {
        answeredBy.add(server);
        if (!server.closed) this.#idle.push(server);
      });
    });
    upstream.on('trailers', (received) => (trailers = received));
    stream.pipe(upstream);
  }
}
