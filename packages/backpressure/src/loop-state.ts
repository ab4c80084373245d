/** What the loop waits for. `dueAt` is when a batch that is not full leaves, on the clock of `now()`. */
type State =
  /** Starts no flush, unless a caller waits for one. */
  | { readonly kind: 'stopped'; readonly dueAt: number | undefined }
  /** No queued item has a time to leave, so the next push asks for a turn. */
  | { readonly kind: 'empty'; readonly dueAt: undefined }
  /** A batch leaves at its time, or when it is full: the push that fills it asks for a turn. */
  | { readonly kind: 'collecting'; readonly dueAt: number }
  /** No push can change what the loop waits for. The end of a flush, or the wake-up timer, brings the next turn. */
  | { readonly kind: 'held up'; readonly dueAt: number | undefined };

const EMPTY: State = { kind: 'empty', dueAt: undefined };

/** The state of a flush loop, and its transitions. */
export class LoopState {
  #state: State = { kind: 'stopped', dueAt: undefined };

  get isStopped(): boolean {
    return this.#state.kind === 'stopped';
  }

  /** When a batch that is not full leaves; `undefined` until one has a time. */
  get dueAt(): number | undefined {
    return this.#state.dueAt;
  }

  /** Whether a push may have to ask for a turn, even if it fills no batch. */
  get awaitsPush(): boolean {
    return this.#state.kind !== 'held up' && this.#state.dueAt === undefined;
  }

  /** Whether a push that fills a batch has to ask for a turn. */
  get awaitsFullBatch(): boolean {
    return this.#state.kind !== 'held up';
  }

  start(): void {
    if (this.#state.kind === 'stopped') this.#state = runningWith(this.#state.dueAt);
  }

  /** Queued items keep their time to leave, for the next start. */
  stop(): void {
    this.#state = { kind: 'stopped', dueAt: this.#state.dueAt };
  }

  /** A turn begins, and decides again what to wait for. */
  onTurn(): void {
    if (this.#state.kind === 'held up') this.#state = runningWith(this.#state.dueAt);
  }

  /** The turn found that no push matters. A stopped loop stays stopped: it flushes only for callers that wait. */
  holdUp(): void {
    if (this.#state.kind !== 'stopped') this.#state = { kind: 'held up', dueAt: this.#state.dueAt };
  }

  /** @param dueAt when the queued items leave; `undefined` if they have no time yet, or nothing is queued */
  setDue(dueAt: number | undefined): void {
    if (dueAt === this.#state.dueAt) return;
    const { kind } = this.#state;
    this.#state = kind === 'stopped' || kind === 'held up' ? { kind, dueAt } : runningWith(dueAt);
  }
}

function runningWith(dueAt: number | undefined): State {
  return dueAt === undefined ? EMPTY : { kind: 'collecting', dueAt };
}
