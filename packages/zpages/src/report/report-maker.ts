import { wallTime } from '@spillway/backpressure';
import type { FailureSnapshot, PipelineSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import { RateHistory } from './rate-history.ts';
import type { PipelineReport, Report } from './report.ts';

/** Shorter silences are work: a garbage collection, a large request. */
const BLOCKED_FROM_MS = 500;

/** Turns snapshots of the main thread into reports of any later moment. */
export class ReportMaker {
  readonly #name: string;
  readonly #histories = new Map<number, RateHistory>();
  #latest: { readonly snapshot: Snapshot; readonly at: number } | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** @param time when it came, in milliseconds */
  onSnapshot(snapshot: Snapshot, time: number): void {
    this.#latest = { snapshot, at: time };
    const ids = new Set(snapshot.pipelines.map(({ id }) => id));
    for (const id of this.#histories.keys()) if (!ids.has(id)) this.#histories.delete(id);
    for (const { id, lost, metrics } of snapshot.pipelines) {
      const history = this.#histories.get(id) ?? new RateHistory();
      this.#histories.set(id, history);
      const { eventsOffered: offered, eventsFlushed: delivered, bufferUtilization: utilization } = metrics;
      history.add({ time, offered, delivered, lost, utilization });
    }
  }

  /** @param silentMs how long the main thread has not answered */
  report(time: number, silentMs: number): Report {
    const figuresMs = this.#latest === undefined ? undefined : time - this.#latest.at;
    const { process, pipelines = [] } = this.#latest?.snapshot ?? {};
    return {
      name: this.#name,
      time: new Date(wallTime()).toISOString(),
      process: process === undefined ? undefined : { ...process, uptimeMs: process.uptimeMs + (figuresMs ?? 0) },
      mainThread: { figuresMs, blockedMs: silentMs < BLOCKED_FROM_MS ? undefined : silentMs },
      pipelines: pipelines.map((pipeline) => this.#pipeline(pipeline, time, figuresMs ?? 0)),
    };
  }

  #pipeline(snapshot: PipelineSnapshot, time: number, passedMs: number): PipelineReport {
    const { pause, lastAttempt, oldestHeldMs } = snapshot;
    return {
      ...snapshot,
      stateMs: snapshot.stateMs + passedMs,
      oldestHeldMs: oldestHeldMs === undefined ? undefined : oldestHeldMs + passedMs,
      pause: pause === undefined ? undefined : { ...pause, ms: Math.max(pause.ms - passedMs, 0) },
      lastAttempt: lastAttempt === undefined ? undefined : { ...lastAttempt, agoMs: lastAttempt.agoMs + passedMs },
      failures: snapshot.failures.map((failure: FailureSnapshot) => ({ ...failure, agoMs: failure.agoMs + passedMs })),
      rates: (this.#histories.get(snapshot.id) ?? new RateHistory()).rates(time),
    };
  }
}
