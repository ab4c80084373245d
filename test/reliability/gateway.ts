import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { TimedOutPaths } from './timed-out-paths.ts';

/** How a gateway reacts if its server has not answered a request in time. */
export type GatewayTimeout = 'answers 504' | 'cuts the connection';

/** A reverse proxy with a time limit. Later answers of its server are lost. */
export class Gateway {
  readonly timedOut = new TimedOutPaths();
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #target: string;
  readonly #timeoutMillis: number;
  readonly #onTimeout: GatewayTimeout;

  static async start(target: string, timeoutMillis: number, onTimeout: GatewayTimeout): Promise<Gateway> {
    const gateway = new Gateway(target, timeoutMillis, onTimeout);
    gateway.#server.listen(0, '127.0.0.1');
    await once(gateway.#server, 'listening');
    return gateway;
  }

  private constructor(target: string, timeoutMillis: number, onTimeout: GatewayTimeout) {
    this.#target = target;
    this.#timeoutMillis = timeoutMillis;
    this.#onTimeout = onTimeout;
    this.#server = createServer((request, response) => this.#forward(request, response));
    this.#server.keepAliveTimeout = 0;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/', headers } = request;
    const upstream = httpRequest(new URL(url, this.#target), { method, headers, agent: this.#agent });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      if (this.#onTimeout === 'answers 504') response.writeHead(504).end('upstream request timeout');
      else request.socket.destroy();
      this.timedOut.add(url);
    }, this.#timeoutMillis);
    upstream.on('error', () => response.destroy());
    upstream.on('response', (answer) => {
      clearTimeout(timer);
      if (isLate) upstream.destroy();
      else answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers));
    });
    request.on('error', () => undefined);
    request.pipe(upstream);
  }
}
