import { seededRandom } from '../../sampling/test/seeded-random.ts';
import type { AdaptiveConcurrency, PressureKind } from '../src/adaptive-concurrency.ts';

/**
 * A discrete-event simulation of one producer, its concurrency limit and one consumer. Time is a number that jumps from
 * event to event, and chance comes from a seed. So a run of minutes takes milliseconds and always gives the same
 * result.
 */

export interface SimulatedRequest {
  readonly at: number;
  readonly items: number;
  /** Requests that the consumer has not answered yet, including this one. */
  readonly inFlight: number;
}

export interface SimulatedAnswer {
  readonly at: number;
  /** If absent, the request succeeds. */
  readonly pressure?: PressureKind | undefined;
}

/** A run that gets here would never end. */
const MOST_IN_FLIGHT = 10_000;

/** Decides when and how a request will be answered, at the moment when it arrives. */
export type SimulatedConsumer = (request: SimulatedRequest) => SimulatedAnswer;

/** Spreads a value evenly over +- a share of it. */
export const evenJitter = (share: number, seed: number): ((value: number) => number) => {
  const random = seededRandom(seed);
  return (value) => value * (1 + share * (2 * random() - 1));
};

/** Spreads a value with a long tail to the right and keeps its mean. `sigma` 0.5 is a variation of 53 %. */
export const lognormalJitter = (sigma: number, seed: number): ((value: number) => number) => {
  const random = seededRandom(seed);
  return (value) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return value * Math.exp(sigma * normal - (sigma * sigma) / 2);
  };
};

/** Answers any number of requests, each after its own latency. */
export const unlimitedConsumer =
  (latencyOf: (request: SimulatedRequest) => number): SimulatedConsumer =>
  (request) => ({ at: request.at + latencyOf(request) });

/**
 * Serves that many requests at a time and queues the others, first come first served, behind a network with some
 * latency.
 */
export const limitedConsumer = (
  concurrency: number,
  serviceOf: (request: SimulatedRequest) => number,
  networkMs = 0,
): SimulatedConsumer => {
  const freeAt = new Float64Array(concurrency);
  return (request) => {
    freeAt.sort();
    const began = Math.max(request.at + networkMs / 2, freeAt[0] ?? 0);
    const served = began + serviceOf(request);
    freeAt[0] = served;
    return { at: served + networkMs / 2 };
  };
};

export interface Simulation {
  readonly concurrency: AdaptiveConcurrency;
  readonly consumer: SimulatedConsumer;
  /** Items offered per second. With `Infinity`, there is always a batch waiting. */
  readonly itemsPerSecond: number;
  /** How long it lasts, in simulated time. */
  readonly seconds: number;
  /** When it begins, in ms, so that a second run with the same concurrency can go on from there. */
  readonly startAt?: number;
  /** Items of the next batch, which leaves when that many wait. Default 512. */
  readonly batchItems?: () => number;
}

/** The record of a run. Moments are simulated ms. */
export class SimulationRecord {
  readonly #answers: { readonly at: number; readonly items: number }[] = [];
  readonly #starts: { readonly at: number; readonly inFlight: number }[] = [];
  readonly #limits: { readonly at: number; readonly limit: number }[] = [];
  readonly #backlogs: { readonly at: number; readonly items: number }[] = [];
  refused = 0;

  addAnswer(at: number, items: number): void {
    this.#answers.push({ at, items });
  }
  addStart(at: number, inFlight: number): void {
    this.#starts.push({ at, inFlight });
  }
  addLimit(at: number, limit: number): void {
    if (this.#limits.at(-1)?.limit !== limit) this.#limits.push({ at, limit });
  }
  addBacklog(at: number, items: number): void {
    this.#backlogs.push({ at, items });
  }

  /** Items delivered per second between two moments (ms). */
  itemsPerSecond(from: number, to: number): number {
    let items = 0;
    for (const answer of this.#answers) if (answer.at > from && answer.at <= to) items += answer.items;
    return (items * 1000) / (to - from);
  }
  /** How many flushes were in flight when each flush started, including itself; sorted. */
  #inFlight(from: number, to: number): number[] {
    return this.#starts
      .filter(({ at }) => at >= from && at < to)
      .map(({ inFlight }) => inFlight)
      .toSorted((a, b) => a - b);
  }
  medianInFlight(from: number, to: number): number {
    const sorted = this.#inFlight(from, to);
    return sorted[sorted.length >> 1] ?? 0;
  }
  maxInFlight(from: number, to: number): number {
    return this.#inFlight(from, to).at(-1) ?? 0;
  }
  /** The largest number of items offered and not delivered, including those in flight. */
  maxBacklog(from: number, to: number): number {
    let most = 0;
    for (const backlog of this.#backlogs)
      if (backlog.at >= from && backlog.at < to) most = Math.max(most, backlog.items);
    return most;
  }
  get maxLimit(): number {
    return Math.max(...this.#limits.map(({ limit }) => limit));
  }
  minLimit(from: number, to: number): number {
    return Math.min(...this.#limits.filter(({ at }) => at >= from && at < to).map(({ limit }) => limit));
  }
  /** The limit over time: one entry for each change. */
  get limits(): readonly { readonly at: number; readonly limit: number }[] {
    return this.#limits;
  }
}

/** Runs a producer against a consumer under a concurrency limit. A refused batch is offered again. */
export const simulate = (simulation: Simulation): SimulationRecord => {
  const { concurrency, consumer, itemsPerSecond, seconds, startAt = 0, batchItems = () => 512 } = simulation;
  const record = new SimulationRecord();
  const pending: { at: number; settle: () => void }[] = [];
  const end = startAt + seconds * 1000;
  let now = startAt;
  let taken = 0; // items that left the buffer and did not come back
  let delivered = 0;
  let inFlight = 0;
  let nextBatch = batchItems();

  const offered = () => (itemsPerSecond === Infinity ? Infinity : ((now - startAt) * itemsPerSecond) / 1000);
  const start = (items: number) => {
    taken += items;
    inFlight += 1;
    if (inFlight > MOST_IN_FLIGHT) throw new Error(`the limit has run away: ${inFlight} in flight`);
    record.addStart(now, inFlight);
    const flight = concurrency.onStart(inFlight, now);
    const answer = consumer({ at: now, items, inFlight });
    const settle = () => {
      inFlight -= 1;
      if (answer.pressure === undefined) {
        delivered += items;
        record.addAnswer(now, items);
        concurrency.onSuccess(flight, now);
      } else {
        taken -= items;
        record.refused += 1;
        concurrency.onPressure(answer.pressure, flight);
      }
    };
    // Sorted by time, and by arrival within one moment.
    let place = pending.length;
    while (place > 0 && (pending[place - 1]?.at ?? 0) > answer.at) place -= 1;
    pending.splice(place, 0, { at: answer.at, settle });
  };

  while (now < end) {
    // The tolerance swallows the rounding of time computed from a rate.
    while (inFlight < concurrency.limit && offered() - taken >= nextBatch - 1e-6) {
      start(nextBatch);
      nextBatch = batchItems();
    }
    record.addLimit(now, concurrency.limit);
    if (itemsPerSecond !== Infinity) record.addBacklog(now, offered() - delivered);
    const batchAt = inFlight < concurrency.limit ? startAt + ((taken + nextBatch) * 1000) / itemsPerSecond : Infinity;
    const answerAt = pending[0]?.at ?? Infinity;
    now = Math.max(now, Math.min(batchAt, answerAt));
    // All requests that end at one moment settle before the next flush starts, as in one turn of an event loop.
    while (pending[0] !== undefined && pending[0].at <= now) pending.shift()?.settle();
  }
  return record;
};
