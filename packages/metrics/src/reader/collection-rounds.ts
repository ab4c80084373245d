import { type FlushReport, now, startTimer, type Timer } from '@spillway/backpressure';
import type { ExportPipeline } from '@spillway/pipeline';
import { type CollectedPoint, forEachPoint } from '../collected-point.ts';
import { isCumulative } from '../is-cumulative.ts';
import type { ResourceMetricsLike } from '../metric-data.ts';
import { Interval } from './interval.ts';
import type { CollectionResultLike } from './metric-producer.ts';
import type { MetricSources } from './metric-sources.ts';
import type { ResolvedReaderOptions } from './reader-options.ts';

/**
 * For callbacks if exports have no time limit. Otherwise one that hangs would end collecting for good. It is the
 * default of that limit.
 */
const LONGEST_COLLECTION_MILLIS = 30_000;
/** Even if no time is left, a collection without slow callbacks is made in this time. */
const SHORTEST_COLLECTION_MILLIS = 50;
/** A callback that hangs costs its own instrument only if time is left to deliver the others. */
const SHARE_FOR_COLLECTING = 1 / 2;
/** The SDK ends its wait for callbacks a little after their limit. */
const PATIENCE_FACTOR = 1.2;

type MetricPipeline = Pick<
  ExportPipeline<CollectedPoint>,
  'offer' | 'supersede' | 'spill' | 'hasStored' | 'flushItems' | 'complain' | 'getMetrics' | 'onCollection'
>;

interface Failure {
  readonly error: unknown;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'collecting'; readonly done: Promise<Failure | undefined> }
  /** The last collection is made, or will never be. */
  | { readonly kind: 'ended' };

const IDLE: State = { kind: 'idle' };

/**
 * Decides when metrics are collected. The SDK's aggregators are the queue: while a collection is in hand, which means
 * that not all of its points have settled, nothing more is collected, and aggregation goes on.
 *
 * - In hand with any delta: it is delivered, or counted as lost, before the next one is collected. Only points that fail
 *   while others of the same collection are delivered do not keep the next one waiting.
 * - In hand and only cumulative: at the next interval, once nothing of it is in flight, a newer collection supersedes it,
 *   because that has all of its values.
 *
 * With a spool, a delta that is in hand at the next interval, and not in flight, is stored, and the next one is collected.
 * As long as anything is stored, each new collection is stored behind it, so that nothing newer overtakes it. Waiting with
 * the collection instead would keep the same order, but a crash would lose all that was recorded in the outage.
 */
export class CollectionRounds {
  readonly #pipeline: MetricPipeline;
  readonly #sources: MetricSources;
  readonly #timeoutMillis: number;
  readonly #interval: Interval;
  #state: State = IDLE;
  /** Whether a point with delta temporality is, or may be, in hand. */
  #hasDeltas = false;
  /** Points that were in hand after the last collection. */
  #pointsInHand = 0;
  /** An interval has passed while something was in flight: if the flight fails, a collection may be made after all. */
  #isOverdue = false;
  /** Calls that wait for what is in hand. A collection that they wait for must not be superseded. */
  #waiting = 0;

  constructor(
    pipeline: MetricPipeline,
    sources: MetricSources,
    {
      exportIntervalMillis,
      exportTimeoutMillis,
    }: Pick<ResolvedReaderOptions, 'exportIntervalMillis' | 'exportTimeoutMillis'>,
  ) {
    this.#pipeline = pipeline;
    this.#sources = sources;
    this.#timeoutMillis = exportTimeoutMillis === Infinity ? LONGEST_COLLECTION_MILLIS : exportTimeoutMillis;
    this.#interval = new Interval(() => this.#onInterval(), exportIntervalMillis);
  }

  start(): void {
    if (this.#state.kind !== 'ended') this.#interval.start();
  }

  /** Stops collecting at the interval. */
  stop(): void {
    this.#interval.stop();
  }

  /** A flush has settled. */
  onFlush({ outcome }: FlushReport): void {
    if (!this.#isOverdue) return;
    // After a delivery that was overdue, the next collection comes at the next interval.
    if (this.#inHand.points === 0) this.#isOverdue = false;
    else if (outcome.kind === 'retry' || outcome.kind === 'throttled') this.#onInterval();
  }

  /** Collects for somebody else: what is collected is not exported. @throws (rejects) if the SDK is missing or fails */
  async collectFor(timeoutMillis: number): Promise<CollectionResultLike> {
    const startedAt = now();
    try {
      const result = await this.#sources.collect(timeoutMillis);
      this.#pipeline.onCollection(now() - startedAt, result.errors[0]);
      return result;
    } catch (error) {
      this.#pipeline.onCollection(now() - startedAt, error);
      throw error;
    }
  }

  /**
   * Delivers what is in hand, collects, and calls `flush` to deliver that. Nothing supersedes it meanwhile.
   * @throws (rejects) if what is in hand cannot be delivered by the deadline, or the collection is not made by then
   */
  async flushBy(deadline: number, flush: () => Promise<void>): Promise<void> {
    await this.#whenClear(deadline, () =>
      this.#waitFor(async () => {
        if (this.#state.kind !== 'ended' && this.#sources.isBound)
          throwIfFailed(await by(deadline, this.#collect(this.#limitBefore(deadline))));
        await flush();
      }),
    );
  }

  /** Runs a call that waits for what is in hand. */
  async #waitFor<Result>(run: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1;
    try {
      return await run();
    } finally {
      this.#waiting -= 1;
    }
  }

  /**
   * Delivers what is in hand, as far as that succeeds by the deadline, and collects for the last time.
   * @returns whether there is hope that the collector takes the last collection too
   */
  async collectLast(deadline: number): Promise<boolean> {
    this.stop();
    const isDelivered = await this.#whenClear(deadline, async () => {}).then(
      () => true,
      () => false,
    );
    // Perhaps only a collection was waited for, whose callbacks hang.
    const isHopeful = isDelivered || this.#inHand.points === 0;
    if (this.#state.kind !== 'ended' && this.#sources.isBound) {
      const limit = this.#limitBefore(deadline);
      await by(now() + limit * PATIENCE_FACTOR, this.#collect(limit)).catch(() => this.endNow());
    }
    this.#state = { kind: 'ended' };
    return isHopeful;
  }

  /** Collects for the last time, as much as can be collected without waiting. */
  endNow(): void {
    if (this.#state.kind === 'ended') return;
    this.collectNow();
    this.stop();
    this.#state = { kind: 'ended' };
  }

  /** Collects as much as can be collected without waiting, and sends it with what is in hand. Never throws. */
  collectNow(): void {
    if (this.#state.kind === 'ended') return;
    try {
      const collected = this.#sources.collectNow();
      if (collected === undefined) return;
      // The producers of the application have not been asked, and their points are in hand only.
      if (this.#sources.isSdkAlone && !this.#hasDeltas && this.#waiting === 0) this.#pipeline.supersede();
      this.#offer(collected);
    } catch (error) {
      this.#pipeline.complain(
        'what was recorded since the last collection could not be collected without waiting',
        error,
      );
    }
  }

  #onInterval(): void {
    if (this.#state.kind !== 'idle') return;
    if (this.#isClear() || this.#isStored()) void this.#collect(this.#timeoutMillis);
    else this.#isOverdue = this.#inHand.flying > 0;
  }

  /** Points in hand, and those of them that are in flight. What is resent from the spool is not in hand. */
  get #inHand(): { readonly points: number; readonly flying: number } {
    const { bufferSize, inFlight, replaying } = this.#pipeline.getMetrics();
    return { points: bufferSize + inFlight - replaying, flying: inFlight - replaying };
  }

  /** Whether what is in hand is in the spool now, and no longer in hand. */
  #isStored(): boolean {
    return this.#hasDeltas && this.#inHand.flying === 0 && this.#pipeline.spill();
  }

  /** Whether a collection may be made. If it will have all values of the one in hand, that one is given up. */
  #isClear(): boolean {
    const { points, flying } = this.#inHand;
    if (points === 0) return true;
    if (flying > 0) return false;
    const { bufferSize, setAside, isProbing } = this.#pipeline.getMetrics();
    // In an outage, points may be set aside as well, but then nothing gets through.
    if (this.#hasDeltas) return setAside === bufferSize && bufferSize < this.#pointsInHand && !isProbing;
    if (this.#waiting > 0) return false;
    this.#pipeline.supersede();
    return true;
  }

  /**
   * Waits until a collection may be made, and calls `collect` in that very moment: other callers wait for the same, and
   * only one of them may go on.
   */
  async #whenClear(deadline: number, collect: () => Promise<void>): Promise<void> {
    for (;;) {
      if (this.#state.kind === 'collecting') await by(now() + this.#limitBefore(deadline), this.#state.done);
      else if (this.#isClear()) return collect();
      else await this.#waitFor(() => this.#pipeline.flushItems(timeLeft(deadline)));
    }
  }

  /** How long callbacks may take, so that time is left to deliver what is collected. */
  #limitBefore(deadline: number): number {
    const share = Math.max(timeLeft(deadline) * SHARE_FOR_COLLECTING, SHORTEST_COLLECTION_MILLIS);
    return Math.min(this.#timeoutMillis, share);
  }

  /** Never rejects. @returns why nothing could be collected */
  #collect(timeoutMillis: number): Promise<Failure | undefined> {
    this.#isOverdue = false;
    const state: State = { kind: 'collecting', done: this.#collectAndOffer(timeoutMillis) };
    this.#state = state;
    return state.done.finally(() => {
      if (this.#state === state) this.#state = IDLE;
    });
  }

  async #collectAndOffer(timeoutMillis: number): Promise<Failure | undefined> {
    try {
      const { resourceMetrics, errors } = await this.collectFor(timeoutMillis);
      if (errors.length > 0) this.#pipeline.complain('some metrics could not be collected', errors[0]);
      this.#offer(resourceMetrics);
      // In the same turn, so that none of it is sent before.
      if (this.#pipeline.hasStored) this.#pipeline.spill();
      return undefined;
    } catch (error) {
      this.#pipeline.complain('metrics could not be collected', error);
      return { error };
    }
  }

  /** Even after the end: what the pipeline refuses is counted there. */
  #offer(collected: ResourceMetricsLike): void {
    if (this.#inHand.points === 0) this.#hasDeltas = false;
    forEachPoint(collected, (point) => {
      if (this.#pipeline.offer(point) && !isCumulative(point.metric)) this.#hasDeltas = true;
    });
    this.#pointsInHand = this.#inHand.points;
  }
}

function timeLeft(deadline: number): number {
  return Math.max(deadline - now(), 0);
}

function throwIfFailed(failure: Failure | undefined): void {
  if (failure !== undefined) throw new Error('metrics could not be collected', { cause: failure.error });
}

/** The timer keeps the process alive, because somebody awaits the result. @throws (rejects) after the deadline */
async function by<Result>(deadline: number, work: Promise<Result>): Promise<Result> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = startTimer(() => reject(new Error('metrics could not be collected in time')), timeLeft(deadline), true);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer?.cancel();
  }
}
