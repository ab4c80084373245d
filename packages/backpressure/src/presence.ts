import type { FlushOutcome } from './flush-outcome.ts';

type State = 'unknown' | 'absent' | 'met';

/**
 * Whether a consumer has ever been there, as far as the outcomes of flushes tell. A consumer that refuses every connection
 * and never did anything else is absent. One that has not started yet looks the same; one that hangs does not, because an
 * attempt had to time out to learn that.
 */
export class Presence {
  #state: State = 'unknown';

  get isAbsent(): boolean {
    return this.#state === 'absent';
  }

  onOutcome(outcome: FlushOutcome): void {
    if (this.#state === 'met' || (outcome.kind === 'too_large' && outcome.unsent === true)) return;
    if (outcome.kind === 'retry' && outcome.timedOut === true) this.#state = 'unknown';
    else this.#state = outcome.kind === 'retry' && outcome.unreachable === true ? 'absent' : 'met';
  }
}
