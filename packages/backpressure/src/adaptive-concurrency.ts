/** What a flush that did not succeed says of its consumer: it asks for less, it did not answer, it failed. */
export type PressureKind = 'throttled' | 'timeout' | 'failure';

/** What is known of a flush from its start; handed back with its result. */
export interface ConcurrencyTicket {
  readonly startedAt: number;
  readonly inFlight: number;
  /** A result counts only in the round its flush began in, so that none is blamed on a limit it never met. */
  readonly round: number;
}

type Growth =
  /** Doubles each round. */
  | { readonly kind: 'slow-start' }
  /** Grows by `step`, but by 1 at least and by half of the limit at most; each round without a queue doubles the step. */
  | { readonly kind: 'avoidance'; readonly step: number };

/**
 * An experiment at a lower limit. A queue of our own making shrinks with the limit, the latency of a long way or of a
 * slower consumer does not: the only sign that tells them apart, and the reason why a baseline can never be stale for good.
 */
interface Probe {
  readonly kind: 'probe';
  /** The limit before, and the round that was measured at it. */
  readonly limit: number;
  readonly before: Round;
  readonly resume: Growth;
}

/** What is multiplied into the limit at once. A timeout has held its place for the whole of the time allowed. */
const REDUCTION: Record<PressureKind, number> = { throttled: 0.7, failure: 0.7, timeout: 0.5 };

/** Growth from a limit at which about one flush was queued: by 1 twice, then 2, 4 ... */
const CAUTIOUS: Growth = { kind: 'avoidance', step: 1 / 2 };

/** Growth after pressure: by 1 four times, since longer steps beyond the limit of a consumer that refuses would be refused again and again. */
const WARY: Growth = { kind: 'avoidance', step: 1 / 8 };

/** Deep enough that a queue's answer stands out from jitter, shallow enough that a false alarm costs little. */
const PROBE_FACTOR = 0.7;

/** Flushes queued at the consumer, by Little's law: below the first the limit grows, above the second it is too high (TCP Vegas' alpha and beta). */
const QUEUE_LOW = 0.5;
const QUEUE_HIGH = 1.5;

/** What is taken for a real queue, in standard errors of the mean: chance alone goes as far in one round of a hundred (Vector's ARC: 2.5). */
const DEVIATIONS = 2.5;

/** The same for a queue that is too long: a probe that was not needed costs one round at a lower limit, and one too late costs the consumer its ease. */
const ALARM_DEVIATIONS = 1;

/** After slow start, when in doubt the limit does not grow: waiting costs a round, one flush too many is noticed late. */
const GROWTH_DEVIATIONS = 0.5;

/** Weight of a new round in the moving averages (Vector's ARC: 0.4). */
const EWMA_WEIGHT = 0.4;

/** Jitter taken for granted, as a share of the latency, until rounds of several results have been seen. */
const FIRST_VARIATION = 0.3;

/** More than this is a stall of this process or of the consumer; taken for jitter it would hide any queue. */
const MOST_VARIATION = 0.5;

/** Rounds for which a queue of about 1 is put up with before a probe verifies it: doubled each time it proves real. */
const PATIENCE = { first: 2, most: 16 };

/** Rounds after which a probe that is still undecided is decided by the mean alone. */
const PROBE_ROUNDS = 4;

/** A latency below this part of the baseline means that the baseline had a queue in it, and that the bottom is not found yet. */
const NEW_LOW = 0.75;

/** A latency without a queue above this many baselines is another consumer, or another way to it: worth a slow start. */
const ANOTHER = 3;

/** Below this the event loop's own delays are all that is measured. */
const SHORTEST_LATENCY_MS = 1;

/** The successes of flushes that began under one and the same limit. */
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
 * Decides how many flushes may be in flight, from nothing but their latencies and failures.
 *
 * Little's law gives the queue at the consumer, `inFlight * (1 - baseline / latency)`, where the baseline is the latency without
 * one. The limit settles where about one flush waits: the consumer is never idle, and nothing is gained by more. It is judged in rounds of as
 * many results as the limit allows flushes, and grows only where it was reached. What jitter may do to a round's mean is allowed for.
 *
 * Sources: TCP Vegas (Brakmo and Peterson, 1995: the queue, alpha and beta), BBR (Cardwell et al., 2016: probing for the latency
 * without a queue), Vector's adaptive request concurrency (RFC 2020-04-06-1858: moving averages, deviations, successes only, one reduction a
 * round trip), Netflix's concurrency-limits (the gradient between the two latencies).
 */
export class AdaptiveConcurrency {
  readonly #max: number;
  readonly #initial: number;
  #limit: number;
  #phase: Growth | Probe = { kind: 'slow-start' };
  #round = new Round(0);
  /** Failures of flushes begun before this round were answered by the reduction that began it. */
  #reducedInRound = 0;
  /** Mean latency where no flush waited for another; `Infinity` before the first round. */
  #baseline = Infinity;
  #variation = FIRST_VARIATION;
  #patience = PATIENCE.first;

  /** @param options `max`: the limit's upper bound, at least 1; `initial`: where slow start begins, 1 */
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
   * A flush begins.
   * @param inFlight flushes in flight, this one included
   * @param now in ms, on any scale that is kept to
   * @returns what its result is to be reported with
   */
  onStart(inFlight: number, now: number): ConcurrencyTicket {
    if (inFlight >= this.#limit) this.#round.limitReached = true;
    return { startedAt: now, inFlight, round: this.#round.number };
  }

  /** A flush was answered well. */
  onSuccess(ticket: ConcurrencyTicket, now: number): void {
    const latency = now - ticket.startedAt;
    // A clock that was set back measures nothing.
    if (ticket.round !== this.#round.number || !(latency >= 0)) return;
    this.#round.add(Math.max(SHORTEST_LATENCY_MS, latency), ticket.inFlight);
    if (this.#round.results >= this.#limit) this.#judge(this.#round);
  }

  /** A flush ended in a sign of overload: less at once, and once for all flushes that were under way. */
  onPressure(kind: PressureKind, ticket: ConcurrencyTicket): void {
    if (ticket.round < this.#reducedInRound) return;
    this.#enter(Math.floor(this.#limit * REDUCTION[kind]), WARY);
    this.#reducedInRound = this.#round.number;
  }

  /** The consumer is back after an outage, perhaps another one: starts from the beginning. */
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

  /** Decides, or leaves the round open: with each further result the mean is surer. */
  #judge(round: Round): void {
    const phase = this.#phase;
    // How far chance alone moves the mean of so many results, as a share of it; from earlier rounds, since a growing queue varies too.
    const uncertainty = this.#variation / Math.sqrt(round.results);
    if (round.results % this.#limit === 0) {
      this.#variation += EWMA_WEIGHT * ((round.variation ?? this.#variation) - this.#variation);
    }
    if (phase.kind === 'probe') this.#judgeProbe(phase, round);
    else if (round.limitReached) this.#judgeQueue(phase, round, uncertainty);
    else this.#enter(this.#limit, phase); // Nobody wanted more: a round that teaches nothing.
  }

  #judgeQueue(phase: Growth, round: Round, uncertainty: number): void {
    // Alone in flight, nothing waits for anything of ours.
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
    // Were it a queue, this is the latency expected now; were it not, the one before.
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
