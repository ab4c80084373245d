import type { FlushOutcome } from '@spillway/backpressure';
import { outcomeOfClosed } from './attempt.ts';
import { Deadline } from './deadline.ts';
import { excerpt } from './excerpt.ts';
import { outcomeOfAbort } from './failure-outcome.ts';
import type { RequestToHandOver } from './outgoing-request.ts';
import type { OtlpRequestBody } from './request-body.ts';
import { OtlpTransportError } from './transport-error.ts';
import type { OtlpTransport } from './transport.ts';

/** What is known of a transport before it is there. */
export interface PromisedTransport {
  /** See `OtlpTransport.origin`. */
  readonly origin?: string;
  /** Host and port, for messages. */
  readonly host: string;
  /** See `OtlpTransport.requestOf`. Without it, nothing can be handed over before the transport is there. */
  readonly requestOf?: OtlpTransport['requestOf'];
  /** Imports and makes the transport. Called at the first attempt, and again at the next one if it failed. */
  readonly load: () => Promise<OtlpTransport>;
}

/**
 * A transport whose code is imported when it is asked to send something. What cannot be loaded is a passing failure: the
 * items are kept, within the bounds of their pipeline, and the log says why.
 */
export function loadOnFirstUse(promised: PromisedTransport): OtlpTransport {
  return new LoadedTransport(promised);
}

type State =
  | { readonly kind: 'unused' }
  | { readonly kind: 'loading'; readonly loading: Promise<OtlpTransport> }
  | { readonly kind: 'loaded'; readonly transport: OtlpTransport }
  /** Shut down before it was loaded: what is loaded later sends nothing. */
  | { readonly kind: 'closed' };

class LoadedTransport implements OtlpTransport {
  readonly origin?: string;
  readonly #host: string;
  readonly #requestOf: OtlpTransport['requestOf'];
  readonly #load: () => Promise<OtlpTransport>;
  #state: State = { kind: 'unused' };

  constructor({ origin, host, requestOf, load }: PromisedTransport) {
    if (origin !== undefined) this.origin = origin;
    this.#host = host;
    this.#requestOf = requestOf;
    this.#load = load;
  }

  async send(body: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome> {
    const state = this.#state;
    if (state.kind === 'loaded') return state.transport.send(body, signal);
    if (state.kind === 'closed') return outcomeOfClosed(this.#host);
    if (signal.aborted) return outcomeOfAbort(this.#host, signal.reason);
    const loading = state.kind === 'loading' ? state.loading : this.#startLoading();
    const deadline = new Deadline(signal, Infinity);
    let transport: OtlpTransport;
    try {
      transport = await deadline.race(loading);
    } catch (error) {
      return deadline.end === undefined ? this.#outcomeOfFailure(error) : outcomeOfAbort(this.#host, signal.reason);
    } finally {
      deadline.dispose();
    }
    return this.#isClosed ? outcomeOfClosed(this.#host) : transport.send(body, signal);
  }

  requestOf(body: OtlpRequestBody): RequestToHandOver | undefined {
    return this.#state.kind === 'loaded' ? this.#state.transport.requestOf?.(body) : this.#requestOf?.(body);
  }

  async shutdown(): Promise<void> {
    const state = this.#state;
    if (state.kind === 'loaded') return state.transport.shutdown();
    this.#state = { kind: 'closed' };
    // Not awaited, because an import may take for ever.
    if (state.kind === 'loading') state.loading.then((transport) => transport.shutdown()).catch(() => {});
  }

  get #isClosed(): boolean {
    return this.#state.kind === 'closed';
  }

  #startLoading(): Promise<OtlpTransport> {
    const loading = this.#loadOnce();
    this.#state = { kind: 'loading', loading };
    return loading;
  }

  async #loadOnce(): Promise<OtlpTransport> {
    try {
      // In a later turn, because `load` may throw before this transport counts as loading.
      const transport = await Promise.resolve().then(this.#load);
      if (this.#state.kind === 'loading') this.#state = { kind: 'loaded', transport };
      return transport;
    } catch (error) {
      if (this.#state.kind === 'loading') this.#state = { kind: 'unused' };
      throw error;
    }
  }

  /** Nothing was sent, so the batch is not why. */
  #outcomeOfFailure(error: unknown): FlushOutcome {
    const why = excerpt(error instanceof Error ? error.message : String(error));
    const message = `the transport to ${this.#host} cannot be loaded: ${why}`;
    return { kind: 'retry', error: new OtlpTransportError('TransportNotLoadedError', message), unreachable: true };
  }
}
