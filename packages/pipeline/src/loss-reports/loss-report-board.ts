import { weakReference } from '@spillway/backpressure';
import type { LossReport, LossReportTaker } from './loss-report.ts';

/** Something that may have losses to report. */
interface Reporter {
  /** Reports unless it has done so a short time ago. */
  reportIfDue(): void;
  /** Reports in any case. */
  reportNow(): void;
}

/** Weak, so that a pipeline that is dropped without a shutdown can be freed. */
interface Board {
  readonly takers: Set<() => LossReportTaker | undefined>;
  readonly reporters: Set<() => Reporter | undefined>;
}

/**
 * A registered symbol, because several copies of this package (ESM and CJS, or two versions) may be loaded: the losses
 * of each are reported by the log pipelines of all. The number is the version of the shape of {@link Board}.
 */
const BOARD = Symbol.for('spillway.loss-reports/1');

const board: Board = ((globalThis as { [BOARD]?: Board })[BOARD] ??= { takers: new Set(), reporters: new Set() });

/** In the hot path of a full queue. */
export function someoneTakesReports(): boolean {
  return board.takers.size > 0;
}

/** @returns whether anybody sends it */
export function offerReport(report: LossReport): boolean {
  let isTaken = false;
  for (const taker of living(board.takers)) if (taker.take(report)) isTaken = true;
  return isTaken;
}

/** @returns a function to call when it takes no more reports */
export function addTaker(taker: LossReportTaker): () => void {
  return add(board.takers, taker);
}

/** @returns a function to call when it has nothing to report any more */
export function addReporter(reporter: Reporter): () => void {
  return add(board.reporters, reporter);
}

/**
 * Whatever the pipelines of the process have lost is reported now.
 * @param which `due`: except by those that have reported a short time ago. `last`: a taker is about to end
 */
export function askForReports(which: 'due' | 'last'): void {
  for (const reporter of living(board.reporters)) {
    if (which === 'last') reporter.reportNow();
    else reporter.reportIfDue();
  }
}

function add<T extends object>(set: Set<() => T | undefined>, member: T): () => void {
  // Some worker platforms have no weak references, and a strong one to each pipeline ever made would be a leak.
  if (typeof WeakRef !== 'function') return () => {};
  living(set);
  const reference = weakReference(member);
  set.add(reference);
  return () => set.delete(reference);
}

function living<T>(set: Set<() => T | undefined>): T[] {
  const alive: T[] = [];
  for (const reference of set) {
    const member = reference();
    if (member === undefined) set.delete(reference);
    else alive.push(member);
  }
  return alive;
}
