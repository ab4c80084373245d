import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTimer } from '@spillway/backpressure';
import type { Report } from '../report/report.ts';
import { textOf } from '../view/text-view.ts';
import { htmlPage, PAGE_HEADERS } from './html-page.ts';
import type { MainThread } from './main-thread.ts';
import { type Representation, representationOf } from './representation.ts';
import { type Refusal, RequestGuard } from './request-guard.ts';
import type { Viewers } from './viewers.ts';

/** A request that is not complete by then is cut off, so that slow ones cannot use up the connections. */
const REQUEST_MS = 5_000;
/** How often that is checked. */
const CHECK_MS = 2_500;
/** More than viewers, because browsers open some in reserve. */
const MOST_CONNECTIONS = 64;
const MOST_HEADER_BYTES = 16 * 1024;
/** Another process may have the port: the one before a restart, or another one of a cluster. */
const RETRY_MS = 10_000;

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  vary: 'Accept',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const CONTENT_TYPES: Readonly<Record<Representation, string>> = {
  html: 'text/html; charset=utf-8',
  events: 'text/event-stream',
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
};

const BODIES: Readonly<Record<Exclude<Representation, 'events'>, (report: Report) => string>> = {
  html: htmlPage,
  json: (report) => `${JSON.stringify(report, undefined, 2)}\n`,
  text: (report) => textOf(report),
};

/** What the server tells of itself. */
export interface ServerListener {
  onListening(url: string): void;
  onNotListening(reason: string, isTriedAgain: boolean): void;
}

/** The server of the page. */
export class PageServer {
  readonly #server: Server;
  readonly #guard: RequestGuard;
  readonly #mainThread: Pick<MainThread, 'report'>;
  readonly #viewers: Viewers;

  constructor(
    { host, token }: { readonly host: string; readonly token: string | undefined },
    mainThread: Pick<MainThread, 'report'>,
    viewers: Viewers,
  ) {
    this.#guard = new RequestGuard({ host, token });
    this.#mainThread = mainThread;
    this.#viewers = viewers;
    this.#server = createServer(
      {
        headersTimeout: REQUEST_MS,
        requestTimeout: REQUEST_MS,
        keepAliveTimeout: REQUEST_MS,
        connectionsCheckingInterval: CHECK_MS,
        maxHeaderSize: MOST_HEADER_BYTES,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Listens, and tries again for as long as the port is in use. */
  listen(host: string, port: number, listener: ServerListener): void {
    this.#server.on('listening', () => listener.onListening(urlOf(host, this.#server.address() as AddressInfo)));
    this.#server.on('error', (error: NodeJS.ErrnoException) => {
      const isTriedAgain = error.code === 'EADDRINUSE';
      listener.onNotListening(error.message, isTriedAgain);
      if (isTriedAgain) startTimer(() => this.#server.listen(port, host), RETRY_MS, true);
    });
    this.#server.listen(port, host);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.#guard.refusalOf(request);
    if (refusal !== undefined) return refuse(response, refusal);
    const representation = representationOf(request.url ?? '', request.headers.accept);
    if (representation === undefined)
      return send(response, 400, 'text', 'format must be one of html, json, text, events.\n');
    const report = await this.#mainThread.report();
    if (response.destroyed) return;
    if (representation !== 'events') {
      const body = BODIES[representation](report);
      return send(response, 200, representation, body, representation === 'html' ? PAGE_HEADERS : {});
    }
    if (this.#viewers.isFull)
      return send(response, 503, 'text', 'There are too many viewers.\n', { 'retry-after': '5' });
    response.writeHead(200, { ...HEADERS, 'content-type': CONTENT_TYPES.events });
    if (request.method === 'HEAD') response.end();
    else this.#viewers.add(response, report);
  }
}

function refuse(response: ServerResponse, { status, message }: Refusal): void {
  send(response, status, 'text', `${message}\n`, {
    // Its body is not read.
    connection: 'close',
    ...(status === 401 && { 'www-authenticate': 'Basic realm="Spillway", charset="UTF-8"' }),
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
}

function send(
  response: ServerResponse,
  status: number,
  representation: Representation,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...HEADERS,
    'content-type': CONTENT_TYPES[representation],
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  });
  response.end(body);
}

function urlOf(host: string, { port }: AddressInfo): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
