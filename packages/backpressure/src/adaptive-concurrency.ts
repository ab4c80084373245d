/** What a flush that did not succeed says about the consumer: it asked for less, did not answer, or failed. */
export type PressureKind = 'throttled' | 'timeout' | 'failure';

/** What is known about a flush from its start. Passed back with its result. */
export interface ConcurrencyTicket {
  readonly startedAt: number;
  readonly inFlight: number;
  /**
   * A result counts only in the round in which its flush started, so that it says something about the limit of that
   * round.
   */
  readonly round: number;
}

type Growth =
  /** Doubles each round. */
  | { readonly kind: 'slow-start' }
  /** Grows by `step`, at least by 1 and at most by half of the limit. Each round without a queue doubles the step. */
  | { readonly kind: 'avoidance'; readonly step: number };

/**
 * An experiment at a lower limit. A queue that our own flushes cause shrinks with the limit. The latency of a long
 * network path or of a slower consumer does not. Only this tells them apart, and it keeps a stale baseline from staying
 * for good.
 */
interface Probe {
  readonly kind: 'probe';
  /** The limit before, and the round that was measured at it. */
  readonly limit: number;
  readonly before: Round;
  readonly resume: Growth;
}

/**
 * The limit is multiplied by this immediately. A time-out counts more, because it has held its place for the whole
 * allowed time.
 */
const REDUCTION: Record<PressureKind, number> = { throttled: 0.7, failure: 0.7, timeout: 0.5 };

/** Growth from a limit at which about one flush was queued: by 1 twice, then 2, 4 ... */
const CAUTIOUS: Growth = { kind: 'avoidance', step: 1 / 2 };

/**
 * Growth after pressure: by 1 four times, because larger steps would be refused again and again by a consumer with a
 * fixed limit.
 */
const WARY: Growth = { kind: 'avoidance', step: 1 / 8 };

/** Low enough that the effect on a queue stands out from jitter, and high enough that a false alarm costs little. */
const PROBE_FACTOR = 0.7;

/**
 * Flushes queued at the consumer, by Little's law. Below the first value, the limit grows. Above the second, it is too
 * high. (TCP Vegas' alpha and beta.)
 */
const QUEUE_LOW = 0.5;
const QUEUE_HIGH = 1.5;

/**
 * A queue counts as real from this many standard errors of the mean: chance alone goes that far in one round of a
 * hundred (Vector's ARC: 2.5).
 */
const DEVIATIONS = 2.5;

/**
 * The same for a queue that is too long. An unnecessary probe costs one round at a lower limit. A late one overloads
 * the consumer.
 */
const ALARM_DEVIATIONS = 1;

/**
 * The same for growth after slow start. In doubt, the limit does not grow: waiting costs a round, but one flush too
 * many is noticed late.
 */
const GROWTH_DEVIATIONS = 0.5;

/** Weight of a new round in the moving averages (Vector's ARC: 0.4). */
const EWMA_WEIGHT = 0.4;

/** Assumed jitter, as a share of the latency, until there has been a round with several results. */
const FIRST_VARIATION = 0.3;

/** More than this is a stall of this process or of the consumer. If it counted as jitter, it would hide any queue. */
const MOST_VARIATION = 0.5;

/**
 * A queue of about 1 is tolerated for this many rounds before a probe checks it. Doubled each time the queue proves
 * real.
 */
const PATIENCE = { first: 2, most: 16 };

/** Rounds after which a probe that is still undecided is decided by the mean alone. */
const PROBE_ROUNDS = 4;

/**
 * A latency below this share of the baseline means that the baseline included a queue, and that the lowest latency is
 * not found yet.
 */
const NEW_LOW = 0.75;

/**
 * A latency without a queue above this many baselines means another consumer, or another path to it, which is worth a
 * slow start.
 */
const ANOTHER = 3;

/** Below this, only the event loop's own delays are measured. */
const SHORTEST_LATENCY_MS = 1;

/** The successful flushes that started under the same limit. */
class Round {
  readonly number: number;
  limitReached = false;
  results = 0;
  #latencies = 0;
  #squares = 0;
  #inFlight = 0;

  constructor(number: number) {
    this.number = number;
  }

  add(latency: number, inFlight: number): void {
    this.results += 1;
    this.#latencies += latency;
    this.#squares += latency * latency;
    this.#inFlight += inFlight;
  }

  get latency(): number {
    return this.#latencies / this.results;
  }

  get inFlight(): number {
    return this.#inFlight / this.results;
  }

  /** Standard deviation of the latencies as a share of their mean; `undefined` for fewer than two. */
  get variation(): number | undefined {
    if (this.results < 2) return undefined;
    const variance = (this.#squares - this.results * this.latency ** 2) / (this.results - 1);
    return Math.min(MOST_VARIATION, Math.sqrt(Math.max(0, variance)) / this.latency);
  }
}

/**
 * Decides how many flushes may be in flight, only from their latencies and failures.
 *
 * Little's law gives the queue at the consumer, `inFlight * (1 - baseline / latency)`, where the baseline is the
 * latency without a queue. The limit settles where about one flush waits: then the consumer is never idle, and more
 * flushes would gain nothing. It is judged in rounds, each with as many results as the limit allows flushes, and grows
 * only if it was reached. The effect of jitter on a round's mean is allowed for.
 *
 * Sources: TCP Vegas (Brakmo and Peterson, 1995: the queue, alpha and beta), BBR (Cardwell et al., 2016: probing for
 * the latency without a queue), Vector's adaptive request concurrency (RFC 2020-04-06-1858: moving averages,
 * deviations, successes only, one reduction a round trip), Netflix's concurrency-limits (the gradient between the two
 * latencies).
 */
export class AdaptiveConcurrency {
  readonly #max: number;
  readonly #initial: number;
  #limit: number;
  #phase: Growth | Probe = { kind: 'slow-start' };
  #round = new Round(0);
  /** Failures of flushes that started before this round are already covered by the reduction that began it. */
  #reducedInRound = 0;
  /** Mean latency if no flush waits for another; `Infinity` before the first round. */
  #baseline = Infinity;
  #variation = FIRST_VARIATION;
  #patience = PATIENCE.first;

  /** @param options `max`: the limit's upper bound, at least 1; `initial`: where slow start begins, by default 1 */
  constructor(options: { readonly max: number; readonly initial?: number }) {
    this.#max = options.max;
    this.#initial = Math.min(options.max, options.initial ?? 1);
    this.#limit = this.#initial;
  }

  /** Flushes that may be in flight now: a whole number from 1 to `max`. */
  get limit(): number {
    return this.#limit;
  }

  /**
   * A flush starts.
   * @param inFlight flushes in flight, including this one
   * @param now in ms, always on the same clock
   * @returns the ticket with which to report its result
   */
  onStart(inFlight: number, now: number): ConcurrencyTicket {
    if (inFlight >= this.#limit) this.#round.limitReached = true;
    return { startedAt: now, inFlight, round: this.#round.number };
  }

  /** A flush succeeded. */
  onSuccess(ticket: ConcurrencyTicket, now: number): void {
    const latency = now - ticket.startedAt;
    // A clock that was set back measures nothing.
    if (ticket.round !== this.#round.number || !(latency >= 0)) return;
    this.#round.add(Math.max(SHORTEST_LATENCY_MS, latency), ticket.inFlight);
    if (this.#round.results >= this.#limit) this.#judge(this.#round);
  }

  /**
   * A flush ended with a sign of overload: reduces the limit immediately, and only once for all flushes then in flight.
   */
  onPressure(kind: PressureKind, ticket: ConcurrencyTicket): void {
    if (ticket.round < this.#reducedInRound) return;
    this.#enter(Math.floor(this.#limit * REDUCTION[kind]), WARY);
    this.#reducedInRound = this.#round.number;
  }

  /** The consumer is back after an outage, and may be another one, so this starts from the beginning. */
  onOutageOver(): void {
    this.#baseline = Infinity;
    this.#variation = FIRST_VARIATION;
    this.#patience = PATIENCE.first;
    this.#enter(this.#initial, { kind: 'slow-start' });
    this.#reducedInRound = this.#round.number;
  }

  #enter(limit: number, phase: Growth | Probe): void {
    this.#limit = Math.min(this.#max, Math.max(1, limit));
    this.#phase = phase;
    this.#round = new Round(this.#round.number + 1);
  }

  /** Decides, or leaves the round open, because each further result makes the mean more certain. */
  #judge(round: Round): void {
    const phase = this.#phase;
    // How far chance alone moves the mean of this many results, as a share of the mean. Taken from earlier rounds,
    // because a growing queue varies too.
    const uncertainty = this.#variation / Math.sqrt(round.results);
    if (round.results % this.#limit === 0) {
      this.#variation += EWMA_WEIGHT * ((round.variation ?? this.#variation) - this.#variation);
    }
    if (phase.kind === 'probe') this.#judgeProbe(phase, round);
    else if (round.limitReached) this.#judgeQueue(phase, round, uncertainty);
    else this.#enter(this.#limit, phase); // The limit was not reached, so the round says nothing.
  }

  #judgeQueue(phase: Growth, round: Round, uncertainty: number): void {
    // With one flush in flight, none waits for another.
    if (this.#limit === 1 || this.#baseline === Infinity) this.#baseline = round.latency;
    const queued = round.inFlight * (1 - this.#baseline / round.latency);
    const chance = round.inFlight * uncertainty;
    const isSlowStart = phase.kind === 'slow-start';
    if (queued <= QUEUE_LOW + (isSlowStart ? DEVIATIONS : GROWTH_DEVIATIONS) * chance) {
      const weight = isSlowStart && round.latency < this.#baseline ? 1 : EWMA_WEIGHT;
      this.#baseline += weight * (round.latency - this.#baseline);
      if (isSlowStart) this.#enter(this.#limit * 2, phase);
      else {
        const step = Math.min(phase.step, this.#limit / 2);
        this.#enter(this.#limit + Math.max(1, Math.floor(step)), { kind: 'avoidance', step: step * 2 });
      }
    } else if (queued > QUEUE_HIGH + ALARM_DEVIATIONS * chance || round.results >= this.#limit * this.#patience) {
      this.#probe(round, isSlowStart ? phase : CAUTIOUS);
    }
  }

  #probe(before: Round, resume: Growth): void {
    this.#enter(Math.floor(this.#limit * PROBE_FACTOR), { kind: 'probe', limit: this.#limit, before, resume });
  }

  #judgeProbe(probe: Probe, round: Round): void {
    const { before } = probe;
    const baseline = this.#baseline;
    // If there was a queue, this is the expected latency now. If there was none, the latency is the same as before.
    const expected = Math.max(baseline, (before.latency * round.inFlight) / before.inFlight);
    const middle = (expected + before.latency) / 2;
    const chance = round.latency * this.#variation * Math.sqrt(1 / round.results + 1 / before.results);
    if (Math.abs(round.latency - middle) < chance && round.results < PROBE_ROUNDS * this.#limit) return;
    if (round.latency < middle) {
      this.#baseline = Math.min(baseline, round.latency);
      this.#patience = Math.min(PATIENCE.most, this.#patience * 2);
      if (round.latency < NEW_LOW * baseline) {
        this.#probe(round, CAUTIOUS);
        return;
      }
      const served = Math.round((before.inFlight * this.#baseline) / before.latency);
      this.#enter(Math.max(this.#limit, Math.min(probe.limit, served + 1)), CAUTIOUS);
    } else {
      const isAnotherConsumer = round.latency > ANOTHER * baseline;
      this.#baseline = round.latency;
      this.#patience = PATIENCE.first;
      this.#enter(probe.limit, isAnotherConsumer ? { kind: 'slow-start' } : probe.resume);
    }
  }
}
