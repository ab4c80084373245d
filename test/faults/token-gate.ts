import { EventEmitter, once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A gateway in front of a collector. It forwards requests with the currently accepted token and denies all others. */
export class TokenGate {
  accepted: string;
  /** Requests denied so far, by path. */
  readonly denied = new Map<string, number>();
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #target: string;
  readonly #status: number;
  readonly #denials = new EventEmitter();

  static async start(target: string, status: 401 | 403, accepted: string): Promise<TokenGate> {
    const gate = new TokenGate(target, status, accepted);
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  private constructor(target: string, status: 401 | 403, accepted: string) {
    this.#target = target;
    this.#status = status;
    this.accepted = accepted;
    this.#server = createServer((request, response) => {
      if (request.headers['x-token'] === this.accepted) this.#forward(request, response);
      else this.#deny(request, response);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves once this many more requests to a path have been denied. */
  async untilDenied(count: number, path: string): Promise<void> {
    const enough = (this.denied.get(path) ?? 0) + count;
    while ((this.denied.get(path) ?? 0) < enough) await once(this.#denials, 'denial');
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  #deny(request: IncomingMessage, response: ServerResponse): void {
    const { url = '/' } = request;
    request.resume().on('end', () => {
      response.writeHead(this.#status).end('token expired');
      this.denied.set(url, (this.denied.get(url) ?? 0) + 1);
      this.#denials.emit('denial');
    });
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/', headers } = request;
    const forwarded = httpRequest(new URL(url, this.#target), { method, headers, agent: this.#agent });
    forwarded.on('error', () => response.destroy());
    forwarded.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)));
    request.on('error', () => undefined);
    request.pipe(forwarded);
  }
}
