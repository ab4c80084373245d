import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** Resolves with the status of the answer to a batch; it may never resolve. */
export type Answer = (batch: readonly number[], request: number) => Promise<number>;

export async function startTarget(answer: Answer): Promise<Target> {
  const target = new Target(answer);
  await target.listen();
  return target;
}

/** The service that takes batches: a real HTTP server that answers as the test says. */
export class Target implements AsyncDisposable {
  /** The messages of the batches that were answered with 204, in order. */
  readonly taken: number[] = [];
  /** The status of each answer, in order. */
  readonly statuses: number[] = [];
  readonly #server: Server;
  readonly #watchers = new Set<() => void>();
  #requests = 0;

  constructor(answer: Answer) {
    this.#server = createServer((request, response) => void this.#serve(answer, request, response));
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/bulk`;
  }

  /** The number of requests that have arrived. */
  get requests(): number {
    return this.#requests;
  }

  async until(predicate: (target: Target) => boolean): Promise<void> {
    while (!predicate(this)) {
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const batch = (await json(request)) as number[];
    this.#requests += 1;
    this.#look();
    const status = await answer(batch, this.#requests);
    if (response.destroyed) return;
    response.writeHead(status).end();
    this.statuses.push(status);
    if (status === 204) this.taken.push(...batch);
    this.#look();
  }

  #look(): void {
    for (const look of this.#watchers) look();
    this.#watchers.clear();
  }
}
