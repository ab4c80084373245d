import { basename } from 'node:path';
import type { DropReason } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import type { RequestSpool } from '@spillway/pipeline';
import type { SpooledChain, SpooledProcess } from '@spillway/spool';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import type { Processor } from '../../signals/pipelines.ts';
import { exportersOf, type PipelineSettings, type ProcessSettings } from '../process-settings.ts';
import { sum } from './described.ts';

/**
 * Fixed headers that a collector denies are a mistake, for which an application gives its items up. Here, the operator
 * mends the mistake and replays again, so the items are kept, as for headers that a function provides.
 */
const KEPT_IF_DENIED = { headers: () => ({}) } as const;

/** An application's pipelines to a collector, as settings say. Nothing but the spool gives them items. */
const PIPELINES: Readonly<Record<Signal, (spool: RequestSpool) => Processor>> = {
  traces: (spool) => new BackpressureSpanProcessor({ exporter: new OtlpSpanExporter(KEPT_IF_DENIED), spool }),
  logs: (spool) => new BackpressureLogRecordProcessor({ exporter: new OtlpLogRecordExporter(KEPT_IF_DENIED), spool }),
  metrics: (spool) => new BackpressureMetricReader({ exporter: new OtlpMetricExporter(KEPT_IF_DENIED), spool }),
};

/** A process may have had several pipelines of a signal, whose folders are `traces`, `traces-2` and so on. */
const PLACE = /^[a-z]+(?:-(\d+))?/;

/**
 * The settings of the pipeline that has stored a chain. Only pipelines to OTLP have a spool, so only they are counted.
 * Without a configuration file, code has made the further pipelines of a signal, and variables speak for all of them.
 * @returns `undefined` if the configuration file describes no such pipeline
 */
export function settingsOfChain(
  { path, signal }: Pick<SpooledChain, 'path' | 'signal'>,
  settings: ProcessSettings,
): PipelineSettings | undefined {
  return settingsAt(signal, ordinalOf(path), settings);
}

function settingsAt(signal: Signal, ordinal: number, { pipelines, isOfFile }: ProcessSettings) {
  if (!isOfFile) return pipelines[signal][0];
  return pipelines[signal].filter((pipeline) => exportersOf(pipeline.settings).includes('otlp'))[ordinal - 1];
}

function ordinalOf(path: string): number {
  return Number(PLACE.exec(basename(path))?.[1] ?? 1);
}

/** The pipelines that send what a service has stored. */
export class ReplayingPipelines {
  readonly #processors: readonly Processor[];

  /** @throws TypeError or RangeError if a setting cannot be used */
  constructor(spool: RequestSpool, stored: readonly SpooledProcess[], settings: ProcessSettings) {
    const most = new Map<Signal, number>();
    for (const { path, signal } of stored.flatMap(({ chains }) => chains))
      most.set(signal, Math.max(ordinalOf(path), most.get(signal) ?? 0));
    // A spool gives its places to pipelines in the order in which they are made.
    this.#processors = [...most].flatMap(([signal, count]) =>
      Array.from({ length: count }, (_, index) => settingsAt(signal, index + 1, settings))
        .filter((pipeline) => pipeline !== undefined)
        .map(({ within }) => within(() => PIPELINES[signal](spool))),
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
