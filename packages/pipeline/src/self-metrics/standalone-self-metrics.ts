import { type FlushOutcome, now } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import type { MeterSource } from '@spillway/otlp';
import type { ExporterComponent } from './component.ts';
import { errorTypeOf, errorTypeOfError, FailedItems } from './error-type.ts';
import { ExporterSelfMetrics } from './exporter-self-metrics.ts';

const DELIVERED: FlushOutcome = { kind: 'delivered' };

/** The metrics of an exporter that works without a pipeline, and counts its items itself. */
export class StandaloneSelfMetrics {
  readonly #metrics: ExporterSelfMetrics;
  readonly #failed = new FailedItems();
  #inflight = 0;
  #delivered = 0;

  constructor(signal: Signal, component: ExporterComponent, source: MeterSource, complain: (error: unknown) => void) {
    const counts = () => ({ inflight: this.#inflight, delivered: this.#delivered, failed: this.#failed });
    this.#metrics = new ExporterSelfMetrics(signal, component, source, counts, complain);
    this.#metrics.refresh();
  }

  /** An export begins. */
  begin(items: number): StandaloneExport {
    this.#metrics.refresh();
    this.#inflight += items;
    return new StandaloneExport(items, {
      onAttempt: (outcome, millis) => this.#metrics.onAttempt(outcome, millis),
      onSettled: (delivered, failed, type) => {
        this.#inflight -= delivered + failed;
        this.#delivered += delivered;
        this.#failed.add(type, failed);
      },
      onEnd: (outcome, millis) => this.#metrics.onOperation(outcome, millis),
    });
  }

  /** Items that were not even tried. */
  refuse(items: number, type: string): void {
    this.#failed.add(type, items);
  }

  end(): void {
    this.#metrics.end();
  }
}

interface ExportListener {
  onAttempt(outcome: FlushOutcome, millis: number): void;
  /** @param type `error.type` of the failed ones */
  onSettled(delivered: number, failed: number, type: string): void;
  onEnd(outcome: FlushOutcome, millis: number): void;
}

/** One call of `export`. */
export class StandaloneExport {
  readonly #listener: ExportListener;
  readonly #startedAt = now();
  #unsettled: number;
  #failure: FlushOutcome | undefined;
  #lastAttempt: FlushOutcome = DELIVERED;

  constructor(items: number, listener: ExportListener) {
    this.#unsettled = items;
    this.#listener = listener;
  }

  onAttempt(outcome: FlushOutcome, millis: number): void {
    this.#lastAttempt = outcome;
    this.#listener.onAttempt(outcome, millis);
  }

  /** Items have the result of their last attempt. */
  onSettled(outcome: FlushOutcome, items: number): void {
    const failed = outcome.kind === 'delivered' ? (outcome.rejected ?? 0) : items;
    if (failed > 0) this.#failure ??= outcome;
    this.#settle(items - failed, failed, errorTypeOf(outcome) ?? 'rejected');
  }

  onUnencodable(items: number): void {
    this.#settle(0, items, 'unencodable');
  }

  /** Items without a result are lost. @param error why, if it is known */
  end(error: Error | undefined): void {
    if (this.#unsettled > 0) {
      const type = errorTypeOf(this.#lastAttempt) ?? (error === undefined ? 'timeout' : errorTypeOfError(error));
      this.#failure ??= this.#lastAttempt.kind === 'delivered' ? timedOut(error) : this.#lastAttempt;
      this.#settle(0, this.#unsettled, type);
    }
    this.#listener.onEnd(this.#failure ?? DELIVERED, now() - this.#startedAt);
  }

  #settle(delivered: number, failed: number, type: string): void {
    this.#unsettled -= delivered + failed;
    this.#listener.onSettled(delivered, failed, type);
  }
}

function timedOut(error: Error | undefined): FlushOutcome {
  return { kind: 'retry', error: error ?? new Error('the export ended without a result'), timedOut: true };
}
