import { now, startTimer } from '@spillway/backpressure';
import { ReportMaker } from '../report/report-maker.ts';
import type { Report } from '../report/report.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** While somebody looks. */
const FREQUENT_MS = 1_000;
/**
 * While nobody looks, for the history: a page that is opened in trouble must show how it began. It costs the main thread
 * one message and one snapshot.
 */
const RARE_MS = 5_000;
/** A snapshot that is not older answers a request at once. It bounds what requests can cost the main thread. */
const FRESH_MS = 100;
/** A request does not wait longer for a fresh snapshot: the report then says that the event loop is blocked. */
const LONGEST_WAIT_MS = 700;

/** The main thread, as the server sees it. It is asked for snapshots, one at a time, and may not answer. */
export class MainThread {
  readonly #ask: () => void;
  readonly #reports: ReportMaker;
  readonly #onReport: (report: Report) => void;
  /** When the question was asked that has no answer yet. */
  #askedAt: number | undefined;
  #answeredAt = -Infinity;
  #isWatched = false;
  #beat = startTimer(() => {}, Infinity);
  #waiting: (() => void)[] = [];

  /**
   * @param ask sends the question
   * @param onReport called for each answer, and each second without one, while the main thread is watched
   */
  constructor(name: string, ask: () => void, onReport: (report: Report) => void) {
    this.#reports = new ReportMaker(name);
    this.#ask = ask;
    this.#onReport = onReport;
    this.#next();
  }

  /** Somebody looks, or nobody does any more. */
  set isWatched(isWatched: boolean) {
    if (isWatched === this.#isWatched) return;
    this.#isWatched = isWatched;
    if (isWatched) this.#next();
  }

  /** The report of this moment. Waits a little for fresh figures. */
  async report(): Promise<Report> {
    const time = now();
    if (this.#askedAt !== undefined || time - this.#answeredAt > FRESH_MS) {
      this.#askNow();
      // If it has not answered for long, it will not do so in a moment.
      if (this.#silentMs(time) < LONGEST_WAIT_MS) await this.#answer();
    }
    return this.#report();
  }

  onSnapshot(snapshot: Snapshot): void {
    const time = now();
    this.#askedAt = undefined;
    this.#answeredAt = time;
    this.#reports.onSnapshot(snapshot, time);
    for (const resolve of this.#waiting.splice(0)) resolve();
    if (this.#isWatched) this.#onReport(this.#report());
  }

  #next(): void {
    this.#beat.cancel();
    this.#beat = startTimer(() => this.#next(), this.#isWatched ? FREQUENT_MS : RARE_MS);
    if (this.#askedAt === undefined) this.#askNow();
    else if (this.#isWatched) this.#onReport(this.#report());
  }

  #askNow(): void {
    if (this.#askedAt !== undefined) return;
    this.#askedAt = now();
    this.#ask();
  }

  #answer(): Promise<void> {
    return new Promise((resolve) => {
      const timer = startTimer(resolve, LONGEST_WAIT_MS);
      this.#waiting.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #silentMs(time: number): number {
    return this.#askedAt === undefined ? 0 : time - this.#askedAt;
  }

  #report(): Report {
    const time = now();
    return this.#reports.report(time, this.#silentMs(time));
  }
}
