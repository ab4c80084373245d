import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Allows everything to pages of other origins. */
const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };

/** Each is a file of this folder, and a path of the server. */
const PROGRAMS = ['page', 'registered', 'metrics', 'upstream', 'no-spool', 'spool'];

/** Takes over pages at once, and passes their requests on. */
const SERVICE_WORKER = `
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));
`;
/** The end of a worker's program, which makes what the page asks for. */
const MAKE_FOR_PAGE = `
  addEventListener('message', ({ data }) => {
    make(data);
    postMessage('made');
  });
`;

/** The folder of OpenTelemetry's packages, of which the page must have one copy. */
const PACKAGES = fileURLToPath(new URL('../node_modules/@opentelemetry/', import.meta.url));

/** Serves pages, one for each program of this folder, and passes what it exports on to a collector. */
export class PageServer {
  readonly #server: Server;
  readonly #programs: Readonly<Record<string, string>>;
  readonly #collectorUrl: string;
  /** Answers every request with 503 while it is set. */
  isOut = false;

  static async start(collectorUrl: string): Promise<PageServer> {
    const { outputFiles } = await build({
      entryPoints: PROGRAMS.map((name) => fileURLToPath(new URL(`${name}-program.ts`, import.meta.url))),
      outdir: '.',
      alias: { '@opentelemetry/api': `${PACKAGES}api` },
      // The paths of the repository's tsconfig would lead to the sources.
      tsconfigRaw: {},
      platform: 'browser',
      bundle: true,
      format: 'iife',
      write: false,
      logLevel: 'error',
    });
    const server = new PageServer(
      Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path, '-program.js'), text])),
      collectorUrl,
    );
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  private constructor(programs: Readonly<Record<string, string>>, collectorUrl: string) {
    this.#programs = programs;
    this.#collectorUrl = collectorUrl;
    this.#server = createServer((received, response) => this.#answer(received, response));
  }

  /** Localhost, because only that is a secure page without TLS. */
  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #answer(received: IncomingMessage, response: ServerResponse): void {
    if (received.method === 'OPTIONS') response.writeHead(204, CORS).end();
    else if (received.method === 'GET') this.#serve(received.url ?? '/', response);
    else if (this.isOut) response.writeHead(503, CORS).end();
    else this.#forward(received, response);
  }

  #serve(url: string, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, this.url);
    const name = pathname.slice(1);
    if (name.endsWith('.js')) {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(this.#script(name.slice(0, -'.js'.length)));
      return;
    }
    const program = this.#programs[name] ?? '';
    const policy = searchParams.get('csp');
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      ...(policy === null ? {} : { 'content-security-policy': policy }),
    });
    response.end(`<!doctype html><title>Shop</title><script>${program}</script><p>Hello`);
  }

  /** The service worker, or a program that a worker runs. */
  #script(name: string): string {
    return name === 'service-worker' ? SERVICE_WORKER : `${this.#programs[name] ?? ''}${MAKE_FOR_PAGE}`;
  }

  #forward(received: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/', headers } = received;
    const forwarded = request(new URL(url, this.#collectorUrl), { method, headers }, (answer) => {
      answer.pipe(response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...CORS }));
    });
    forwarded.on('error', () => response.destroy());
    received.pipe(forwarded);
  }
}
