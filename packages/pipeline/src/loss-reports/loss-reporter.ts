import {
  type DropReason,
  type FlushReport,
  now,
  type PipelineObserver,
  startTimer,
  type Timer,
} from '@spillway/backpressure';
import { isNotBuiltOnPurpose } from '../log/left-out.ts';
import type { LossReport } from './loss-report.ts';
import { addReporter, offerReport, someoneTakesReports } from './loss-report-board.ts';
import { LossTally } from './loss-tally.ts';

/** Long enough to gather a burst, and as precise as the time of the last loss is. */
const TICK_MILLIS = 1_000;
/** Between two reports of the same pipeline, so that its losses never become a load of their own. */
const GAP_MILLIS = 60_000;

/** Neither lost nor sampled out: replaced by summaries or newer values, or the export's own telemetry. */
const NOT_REPORTED: ReadonlySet<DropReason> = new Set(['deduplicated', 'superseded', 'feedback']);
/** How a report itself may be refused. */
const REFUSALS: ReadonlySet<DropReason> = new Set(['queue_full', 'too_large', 'unencodable', 'already_shutdown']);

/** What a report tells of its pipeline. */
export type ReportedPipeline = Pick<LossReport, 'signal' | 'component' | 'resource'>;

type State =
  | { readonly kind: 'quiet' }
  /** Items are being lost: every second, it is noted when that was. */
  | { readonly kind: 'losing'; readonly timer: Timer }
  /** There is something to report, but it is too early. */
  | { readonly kind: 'waiting'; readonly timer: Timer };

const QUIET: State = { kind: 'quiet' };

/**
 * Reports the losses of one pipeline to whoever sends reports: a second after the first loss, then once a minute, and at
 * the end. If the pipeline itself carries reports, those are never counted: neither lost reports, nor items that gave way
 * to a report, are a reason for another one. Otherwise reports would go on for ever.
 */
export class LossReporter implements PipelineObserver {
  readonly #pipeline: () => ReportedPipeline;
  readonly #lost = new LossTally();
  readonly #sampledOut = new LossTally();
  readonly #leave: () => void;
  #state: State = QUIET;
  #reportedAt = -Infinity;
  #isCarrying = false;
  /** Reports that this pipeline carries and that have not settled. */
  #carried = 0;

  constructor(pipeline: () => ReportedPipeline) {
    this.#pipeline = pipeline;
    this.#leave = addReporter(this);
  }

  /** In the hot path of a full queue. */
  onDrop(reason: DropReason, count: number): void {
    if (!someoneTakesReports() || NOT_REPORTED.has(reason)) return;
    if (this.#isCarrying && REFUSALS.has(reason)) return;
    const lost = reason === 'drain_timeout' ? this.#withoutCarried(count) : count;
    if (lost === 0) return;
    (reason === 'sampled_out' ? this.#sampledOut : this.#lost).add(reason, lost);
    if (this.#state.kind !== 'losing') this.#onLoss();
  }

  /** An item was not even built. */
  onNotBuilt(): void {
    if (!someoneTakesReports()) return;
    (isNotBuiltOnPurpose(this.#pipeline().signal) ? this.#sampledOut : this.#lost).add('not_built', 1);
    if (this.#state.kind !== 'losing') this.#onLoss();
  }

  /** Its drops have been told before. */
  onFlush({ outcome, items, operationMs, isUndeliverable, reports = 0 }: FlushReport): void {
    if (reports === 0 || operationMs === undefined) return;
    this.#carried = Math.max(this.#carried - reports, 0);
    if (isUndeliverable === true) this.#lost.subtract('undeliverable', reports);
    else if (outcome.kind === 'refused' || (outcome.kind === 'delivered' && outcome.rejected === items))
      this.#lost.subtract('rejected', reports);
    else if (outcome.kind === 'too_large') this.#lost.subtract('too_large', reports);
  }

  /** This pipeline takes in a report, of its own losses or of another pipeline's. @returns whether it was accepted */
  carry(push: () => boolean): boolean {
    this.#isCarrying = true;
    try {
      const isAccepted = push();
      if (isAccepted) this.#carried += 1;
      return isAccepted;
    } finally {
      this.#isCarrying = false;
    }
  }

  /** Reports what was lost, unless the last report was a short time ago. */
  reportIfDue(): void {
    if (now() >= this.#dueAt) this.reportNow();
  }

  /** Reports what was lost, however soon after the last report: somebody ends. */
  reportNow(): void {
    this.#rest();
    this.#lost.note();
    this.#sampledOut.note();
    const isTaken = this.#report('lost', this.#lost);
    if (this.#report('sampled_out', this.#sampledOut) || isTaken) this.#reportedAt = now();
    else if (someoneTakesReports() && !(this.#lost.isEmpty && this.#sampledOut.isEmpty)) this.#wait(GAP_MILLIS);
  }

  /** Reports for the last time. */
  end(): void {
    this.reportNow();
    this.#rest();
    this.#leave();
  }

  get #dueAt(): number {
    return this.#reportedAt + GAP_MILLIS;
  }

  #onLoss(): void {
    if (this.#isCarrying) return;
    this.#rest();
    this.#state = { kind: 'losing', timer: startTimer(() => this.#tick(), TICK_MILLIS) };
  }

  #tick(): void {
    const isLosing = [this.#lost.note(), this.#sampledOut.note()].includes(true);
    if (now() >= this.#dueAt) return this.reportNow();
    if (isLosing) this.#state = { kind: 'losing', timer: startTimer(() => this.#tick(), TICK_MILLIS) };
    else this.#wait(this.#dueAt - now());
  }

  #wait(millis: number): void {
    this.#state = { kind: 'waiting', timer: startTimer(() => this.reportNow(), millis) };
  }

  #rest(): void {
    if (this.#state.kind !== 'quiet') this.#state.timer.cancel();
    this.#state = QUIET;
  }

  #withoutCarried(count: number): number {
    const lost = Math.max(count - this.#carried, 0);
    this.#carried = 0;
    return lost;
  }

  #report(kind: LossReport['kind'], tally: LossTally): boolean {
    if (tally.isEmpty) return false;
    const { firstAt, lastAt, countByReason } = tally;
    // Taken out before it is offered, because losses go on, also by the offer itself.
    tally.clear();
    const report = { ...this.#pipeline(), kind, countByReason, firstAt, lastAt };
    if (offerReport(report)) return true;
    tally.restore(countByReason, firstAt, lastAt);
    return false;
  }
}
