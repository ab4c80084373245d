import { DROP_REASONS, type DropReason, type FlushReport, now, type PipelineObserver } from '@spillway/backpressure';
import { isLeftOut, isNotBuiltOnPurpose, type LivePipeline } from '@spillway/pipeline';
import { resultOf } from './attempt-result.ts';
import { failureText } from './failure-text.ts';
import { RecentFailures } from './recent-failures.ts';
import type { AttemptSnapshot, PipelineSnapshot } from './snapshot.ts';

/**
 * What is remembered of one pipeline between two snapshots: how its requests ended. It is an observer of the pipeline,
 * and does not keep the pipeline in memory.
 */
export class PipelineWatch implements PipelineObserver {
  readonly #failures = new RecentFailures();
  #last: (Omit<AttemptSnapshot, 'agoMs'> & { readonly at: number }) | undefined;

  onFlush(report: FlushReport): void {
    const at = now();
    this.#failures.add(report, at);
    this.#last = { ...resultOf(report), latencyMs: report.latencyMs, at };
  }

  snapshotOf(pipeline: LivePipeline): PipelineSnapshot {
    const { id, name, signal } = pipeline;
    const metrics = pipeline.getMetrics();
    const inspection = pipeline.inspect();
    const { exporter, url, protocol, proxy } = inspection.destination;
    const time = now();
    const [lostUnbuilt, leftOutUnbuilt] = isNotBuiltOnPurpose(signal)
      ? [0, metrics.eventsNotBuilt]
      : [metrics.eventsNotBuilt, 0];
    return {
      ...inspection,
      id,
      name,
      signal,
      destination: {
        exporter,
        url,
        protocol,
        proxy: proxy === undefined ? undefined : `${proxy.protocol}//${proxy.hostname}:${proxy.port}`,
      },
      lost: lostUnbuilt + sumOf(metrics.droppedByReason, (reason) => !isLeftOut(reason)),
      leftOut: leftOutUnbuilt + sumOf(metrics.droppedByReason, isLeftOut),
      lastAttempt: this.#lastAttempt(time),
      failures: this.#failures.all.map((failure) => ({
        agoMs: time - failure.lastAt,
        count: failure.count,
        ...failureText(failure, signal, inspection.destination),
      })),
      metrics,
    };
  }

  #lastAttempt(time: number): AttemptSnapshot | undefined {
    if (this.#last === undefined) return undefined;
    const { at, ...attempt } = this.#last;
    return { agoMs: time - at, ...attempt };
  }
}

function sumOf(counts: Readonly<Record<DropReason, number>>, isMeant: (reason: DropReason) => boolean): number {
  let sum = 0;
  for (const reason of DROP_REASONS) if (isMeant(reason)) sum += counts[reason];
  return sum;
}
