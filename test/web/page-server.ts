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
    const program = this.#programs[new URL(url, this.url).pathname.slice(1)] ?? '';
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(`<!doctype html><title>Shop</title><script>${program}</script><p>Hello`);
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
