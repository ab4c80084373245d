import { basename } from 'node:path';
import type { DropReason } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import { BackpressureLogRecordProcessor } from '@spillway/logs';
import { BackpressureMetricReader } from '@spillway/metrics';
import type { RequestSpool } from '@spillway/pipeline';
import type { SpooledProcess } from '@spillway/spool';
import { BackpressureSpanProcessor } from '@spillway/trace';
import type { Processor } from '../../signals/pipelines.ts';
import { sum } from './described.ts';

/** An application's pipelines to a collector, as variables configure them. Nothing but the spool gives them items. */
const PIPELINES: Readonly<Record<Signal, (spool: RequestSpool) => Processor>> = {
  traces: (spool) => new BackpressureSpanProcessor({ spool }),
  logs: (spool) => new BackpressureLogRecordProcessor({ spool }),
  metrics: (spool) => new BackpressureMetricReader({ spool }),
};

/** A process may have had several pipelines of a signal, whose folders are `traces`, `traces-2` and so on. */
const PLACE = /^[a-z]+(?:-(\d+))?/;

/** The pipelines that send what a service has stored. */
export class ReplayingPipelines {
  readonly #processors: readonly Processor[];

  /** @throws TypeError or RangeError if a setting cannot be used */
  constructor(spool: RequestSpool, stored: readonly SpooledProcess[]) {
    const most = new Map<Signal, number>();
    for (const { path, signal } of stored.flatMap(({ chains }) => chains)) {
      const ordinal = Number(PLACE.exec(basename(path))?.[1] ?? 1);
      most.set(signal, Math.max(ordinal, most.get(signal) ?? 0));
    }
    this.#processors = [...most].flatMap(([signal, count]) =>
      Array.from({ length: count }, () => PIPELINES[signal](spool)),
    );
  }

  /** Items that were taken over and have not been sent. */
  get waiting(): number {
    return sum(this.#metrics.map(({ spool }) => spool?.items ?? 0));
  }

  get delivered(): number {
    return sum(this.#metrics.map(({ eventsFlushed }) => eventsFlushed));
  }

  /** Items that the collector has refused, or that cannot be sent any more, by reason. */
  get lost(): ReadonlyMap<DropReason, number> {
    const lost = new Map<DropReason, number>();
    for (const { droppedByReason } of this.#metrics) {
      for (const [reason, items] of Object.entries(droppedByReason) as [DropReason, number][])
        if (items > 0) lost.set(reason, (lost.get(reason) ?? 0) + items);
    }
    return lost;
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#processors.map(async (processor) => processor.shutdown()));
  }

  get #metrics() {
    return this.#processors.map((processor) => processor.getMetrics());
  }
}
