import { now } from '@spillway/backpressure';
import { closingStep } from './closing-step.ts';
import type { ControlledExport } from './controlled-export.ts';
import { withDeadline } from './deadline.ts';
import type { SdkExporter } from './foreign/sdk-exporter.ts';
import type { HandOver, HandOverOrder, TakeRequest } from './hand-over.ts';
import type { PipelineLog } from './log/pipeline-log.ts';
import type { LossReporter } from './loss-reports/loss-reporter.ts';
import type { PendingResources } from './pending-resources.ts';
import type { LoadSampling } from './sampling/load-sampling.ts';
import { withinExport } from './scope/export-scope.ts';
import type { PipelineSelfMetrics } from './self-metrics/pipeline-self-metrics.ts';

/**
 * How long to wait for a collector that was never there. Enough to try a collector that is just starting two or three
 * times, and short enough that a script on a machine without a collector does not seem to hang.
 */
const ABSENT_AFTER_MILLIS = 500;

/** The part of a flush's time that is kept for what must be stored because it could not be exported. */
const STORING_SHARE = 1 / 10;
const LONGEST_STORING_MILLIS = 1_000;
/** A file is written in a few milliseconds, also if a flush has no time at all. */
const SHORTEST_STORING_MILLIS = 50;

type Stored = NonNullable<ControlledExport<never>['spooling']>;

/** The parts that a life flushes and ends. */
interface PipelineLifeParts<Item> extends ControlledExport<Item> {
  readonly exporter: Pick<SdkExporter<never>, 'forceFlush' | 'shutdown'>;
  readonly log: PipelineLog;
  readonly losses: LossReporter;
  readonly resources: PendingResources;
  readonly sampling: LoadSampling<Item> | undefined;
  readonly selfMetrics: () => PipelineSelfMetrics | undefined;
  /** The pipeline is no longer one of the live ones. */
  readonly onEnd: () => void;
}

/** Flushes, shuts down and ends a pipeline: its parts, in the order in which one needs the other. */
export class PipelineLife<Item> implements HandOver {
  readonly #parts: PipelineLifeParts<Item>;
  #shutdown: Promise<void> | undefined;

  constructor(parts: PipelineLifeParts<Item>) {
    this.#parts = parts;
  }

  /** Flushes the items, then the exporter. During or after a shutdown, waits for that instead. */
  forceFlush(timeoutMillis: number): Promise<void> {
    return this.#shutdown ?? this.#forceFlush(timeoutMillis);
  }

  /**
   * With a spool, what is not exported in time is stored, so that nothing is lost if the process ends or is frozen then.
   * @throws (rejects) if not everything was exported or stored in time
   */
  async flushItems(timeoutMillis: number): Promise<void> {
    const { controller, log, resources, spooling } = this.#parts;
    const endsAt = now() + timeoutMillis;
    const exportMillis = spooling === undefined ? timeoutMillis : timeoutMillis - storingMillisOf(timeoutMillis);
    const limits = { timeoutMs: exportMillis, absentAfterMs: ABSENT_AFTER_MILLIS };
    const isFlushed = await resources.within(exportMillis, () => controller.flush(limits));
    if (spooling === undefined ? isFlushed : await this.#isSafe(spooling, isFlushed, endsAt)) return;
    const [done, later] = spooling === undefined ? ['exported', ''] : ['exported or stored', ', or stored'];
    throw new Error(
      `forceFlush: not everything could be ${done} within ${Math.round(timeoutMillis)} ms${log.lastFailure}; the rest is kept and exported later${later}`,
    );
  }

  /** Runs once. Never rejects. */
  shutdown(timeoutMillis: number): Promise<void> {
    this.#shutdown ??= this.#shutDown(timeoutMillis);
    return this.#shutdown;
  }

  handOverNext(take: TakeRequest, order?: HandOverOrder): boolean {
    const { handOver, spooling } = this.#parts;
    this.#silence();
    const hadItems = handOver.handOverNext(take, order);
    if (!hadItems) spooling?.closeNow();
    return hadItems;
  }

  giveUp(): number {
    const { handOver, onEnd, spooling } = this.#parts;
    this.#silence();
    onEnd();
    const givenUp = handOver.giveUp();
    spooling?.closeNow();
    return givenUp;
  }

  async #forceFlush(timeoutMillis: number): Promise<void> {
    const startedAt = now();
    await this.flushItems(timeoutMillis);
    const left = Math.max(timeoutMillis - (now() - startedAt), 0);
    await withDeadline(() => this.#flushExporter(), left, 'forceFlush of the exporter');
  }

  /** Whether everything that was flushed, or must be stored instead, is delivered or in files. */
  async #isSafe(spooling: Stored, isFlushed: boolean, endsAt: number): Promise<boolean> {
    if (!isFlushed && !this.#parts.controller.spillHeld()) return false;
    const left = Math.max(endsAt - now(), SHORTEST_STORING_MILLIS);
    return withDeadline(() => spooling.whenWritten(), left, 'storing').catch(() => false);
  }

  async #shutDown(timeoutMillis: number): Promise<void> {
    const { controller, exporter, log, losses, onEnd, resources, sampling, selfMetrics, spooling } = this.#parts;
    sampling?.stop();
    losses.reportNow();
    const endsAt = now() + timeoutMillis;
    const limits = { timeoutMs: timeoutMillis, absentAfterMs: ABSENT_AFTER_MILLIS };
    const { remaining } = await resources.within(timeoutMillis, () => controller.close(limits));
    log.onShutdown(remaining);
    losses.reportNow();
    // The spool has taken what is left, and sends nothing more.
    await closingStep('closing the spool', endsAt, async () => spooling?.close());
    log.onSpoolClosed();
    losses.end();
    await closingStep('forceFlush of the exporter', endsAt, () => this.#flushExporter());
    await closingStep('shutdown of the exporter', endsAt, () => withinExport(() => exporter.shutdown()));
    onEnd();
    selfMetrics()?.end();
  }

  #silence(): void {
    const { log, losses, sampling } = this.#parts;
    log.close();
    sampling?.stop();
    losses.end();
  }

  async #flushExporter(): Promise<void> {
    const { exporter } = this.#parts;
    await withinExport(() => exporter.forceFlush?.());
  }
}

function storingMillisOf(timeoutMillis: number): number {
  return Math.min(timeoutMillis * STORING_SHARE, LONGEST_STORING_MILLIS);
}
