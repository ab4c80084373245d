import type { AdaptiveLimits } from './adaptive-limits.ts';
import { startDeadline } from './clock.ts';
import type { Cargo, Flight } from './flights.ts';
import type { FlushGate } from './flush-gate.ts';
import type { FlushContext, FlushFunction, FlushOutcome, FlushResult } from './flush-outcome.ts';
import { outcomeOf, timeoutOutcome } from './flush-result.ts';
import type { Holdings } from './holdings.ts';
import type { Suspect } from './suspect.ts';

/** A flush that ignores its abort signal is given up after this. One that heeds the signal has settled long before. */
const ABANDON_AFTER_MS = 1_000;

/** Sends batches and replays: one attempt each, with a time limit. */
export class Attempts<Item, Batch> {
  readonly #flush: FlushFunction<Item, Batch>;
  readonly #timeoutMs: number;
  readonly #held: Holdings<Item, Batch>;
  readonly #gate: FlushGate;
  readonly #limits: AdaptiveLimits;
  readonly #onOutcome: (flight: Flight<Batch>, outcome: FlushOutcome) => void;

  /** @param onOutcome called once for each flight, or twice for one that was given up and answers later */
  constructor(
    flush: FlushFunction<Item, Batch>,
    timeoutMs: number,
    held: Holdings<Item, Batch>,
    gate: FlushGate,
    limits: AdaptiveLimits,
    onOutcome: (flight: Flight<Batch>, outcome: FlushOutcome) => void,
  ) {
    this.#flush = flush;
    this.#timeoutMs = timeoutMs;
    this.#held = held;
    this.#gate = gate;
    this.#limits = limits;
    this.#onOutcome = onOutcome;
  }

  /** @param suspect what is known about the batch, if it was set aside */
  start(cargo: Cargo<Batch>, suspect: Suspect<Batch> | undefined, time: number): Flight<Batch> {
    const { buffer, flights } = this.#held;
    const items = cargo.kind === 'batch' ? buffer.countOf(cargo.batch) : cargo.replay.items;
    const bytes = cargo.kind === 'batch' ? buffer.bytesOf(cargo.batch) : cargo.replay.bytes;
    const isLive = cargo.kind === 'batch' && suspect === undefined;
    const flight: Flight<Batch> = {
      cargo,
      items,
      bytes,
      startedAt: time,
      abort: new AbortController(),
      ticket: this.#limits.onStarted(items, isLive ? buffer.size : undefined, time),
      load: { items: flights.items + items, bytes: flights.bytes + bytes },
      suspect,
      isAlone: suspect !== undefined && this.isTriedAlone(suspect),
      isProbe: this.#limits.isProbing,
      timer: undefined,
      timedOut: false,
    };
    flights.add(flight);
    if (!flight.isAlone) this.#gate.onStart(flight);
    flight.timer = startDeadline(() => this.#timeOut(flight), this.#timeoutMs);
    // `outcomeOf` turns every failure into an outcome, so this promise never rejects.
    void outcomeOf(() => this.#send(cargo, { signal: flight.abort.signal }), items).then((outcome) =>
      this.#onOutcome(flight, outcome),
    );
    return flight;
  }

  /**
   * Whether a batch is tried alone: it is known to fail while others are delivered. A probe never is, because its
   * failure says nothing about a batch.
   */
  isTriedAlone({ strikes, isDenied }: Suspect<Batch>): boolean {
    return (strikes > 0 || isDenied) && !this.#limits.isProbing;
  }

  #send(cargo: Cargo<Batch>, context: FlushContext): Promise<FlushResult | FlushOutcome> {
    return cargo.kind === 'batch' ? this.#flush(cargo.batch, context) : cargo.replay.send(context);
  }

  #timeOut(flight: Flight<Batch>): void {
    flight.timedOut = true;
    const outcome = timeoutOutcome(this.#timeoutMs);
    flight.timer = startDeadline(() => this.#onOutcome(flight, outcome), ABANDON_AFTER_MS);
    flight.abort.abort(outcome.error);
  }
}
