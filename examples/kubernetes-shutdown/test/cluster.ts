import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndedProgram, RunningProgram } from '@spillway/test/example';

/** A program that gets requests as long as it is an endpoint. */
export interface Pod {
  readonly program: RunningProgram;
  readonly url: string;
}

/** How long it takes until the ingress learns that a pod is ending. */
const ENDPOINT_LAG_MILLIS = 100;

/** The parts of Kubernetes that matter for the end of a pod: an ingress that keeps connections, and a kubelet. */
export class Cluster implements Disposable {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #endpoints: Pod[] = [];
  readonly #load: Promise<void>[] = [];
  #turn = 0;
  #isLoaded = true;
  /** The result of each request: its status, or the error. */
  readonly results: string[] = [];

  async add(program: RunningProgram): Promise<Pod> {
    const pod = { program, url: await program.said(/listening on (\S+)/) };
    if ((await this.#get(`${pod.url}/healthz`)) !== '200') throw new Error('the pod is not ready');
    this.#endpoints.push(pod);
    return pod;
  }

  /** Sends one request, to the pods in turn. */
  async send(path: string): Promise<void> {
    const pod = this.#endpoints[(this.#turn += 1) % this.#endpoints.length];
    this.results.push(pod === undefined ? 'no endpoint' : await this.#get(`${pod.url}${path}`));
  }

  /** Clients that send one request after the other. */
  load(clients: number): void {
    for (let client = 0; client < clients; client += 1) this.#load.push(this.#sendOn());
  }

  async endLoad(): Promise<void> {
    this.#isLoaded = false;
    await Promise.all(this.#load);
  }

  /** Does what Kubernetes does: the endpoint is removed while the pod sleeps before it gets SIGTERM. */
  async terminate(pod: Pod, preStopMillis: number): Promise<EndedProgram> {
    const removal = sleep(ENDPOINT_LAG_MILLIS).then(() => this.#endpoints.splice(this.#endpoints.indexOf(pod), 1));
    await sleep(preStopMillis);
    const ended = await pod.program.end('SIGTERM');
    await removal;
    return ended;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #sendOn(): Promise<void> {
    while (this.#isLoaded) await this.send('/quotes/1');
  }

  #get(url: string): Promise<string> {
    return new Promise((resolve) => {
      get(url, { agent: this.#agent }, (response) => {
        response.resume().once('end', () => resolve(String(response.statusCode)));
      }).once('error', (error) => resolve(error.message));
    });
  }
}
