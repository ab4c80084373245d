import { type FlushOutcome, now } from '@spillway/backpressure';

/**
 * How long fixed credentials that were accepted before are expected to be accepted again. Gateways cache the keys that
 * they check tokens with for up to 10 minutes (the default `cacheMaxAge` of `jose`), and a secret takes a minute or two
 * to reach every replica.
 */
export const ROTATION_MILLIS = 600_000;

type State =
  | { readonly kind: 'never accepted' }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'denied'; readonly since: number };

/**
 * Whether a denied request (401, 403) is worth keeping. It is if a function provides the headers, because it may return
 * others the next time. It is for {@link ROTATION_MILLIS} if the headers are fixed and were accepted before. Fixed
 * headers that were never accepted are a mistake: their requests are refused immediately, so that the mistake shows and
 * fills no memory.
 */
export class Credentials {
  readonly #mayChange: boolean;
  #state: State = { kind: 'never accepted' };

  /** @param mayChange whether a function provides the headers */
  constructor(mayChange: boolean) {
    this.#mayChange = mayChange;
  }

  /** Records an outcome. A denied one becomes `refused` if it is not worth keeping. */
  judge(outcome: FlushOutcome): FlushOutcome {
    if (outcome.kind === 'delivered') this.#state = { kind: 'accepted' };
    if (outcome.kind !== 'retry' || outcome.denied !== true || this.#mayChange) return outcome;
    return this.#isRotation() ? outcome : { kind: 'refused', error: outcome.error };
  }

  #isRotation(): boolean {
    if (this.#state.kind === 'never accepted') return false;
    if (this.#state.kind === 'accepted') this.#state = { kind: 'denied', since: now() };
    return now() - this.#state.since < ROTATION_MILLIS;
  }
}
