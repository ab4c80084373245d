import type { FlushOutcome } from './flush-outcome.ts';

type State = 'unknown' | 'absent' | 'met';

/**
 * Whether a consumer has ever been there, judged by the outcomes of flushes. A consumer is absent if every connection
 * so far was refused. One that has not started yet looks the same. One that hangs does not, because its attempts time
 * out.
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
