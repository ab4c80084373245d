import type { BackpressureState } from '@spillway/backpressure';
import type { OtlpExporterOptions } from '@spillway/otlp';
import type { ProcessorMetrics, ProcessorOptions } from '@spillway/pipeline';
import type { EventSignal, Tally } from '../collector/src/index.ts';
import { disagreements, lostItems } from '../faults/accounts.ts';
import { brokenLaw, openPipeline, type Pipeline } from '../faults/pipeline.ts';
import type { LoadedPipeline } from './loaded-pipeline.ts';
import { PhasedIds } from './phased-ids.ts';

/** One Spillway pipeline with its measurements. */
export class MeasuredPipeline implements LoadedPipeline {
  readonly signal: EventSignal;
  /** The states before its shutdown, in order. */
  readonly states: BackpressureState[] = ['normal'];
  readonly problems = new Set<string>();
  readonly #maxQueueBytes: number;
  readonly #pipeline: Pipeline;
  readonly #ids = new PhasedIds();
  #mostBytes = 0;
  #hasEnded = false;

  constructor(
    signal: EventSignal,
    exporter: OtlpExporterOptions,
    processor: ProcessorOptions<unknown> & { maxQueueBytes: number },
  ) {
    this.signal = signal;
    this.#maxQueueBytes = processor.maxQueueBytes;
    this.#pipeline = openPipeline(signal, {
      exporter,
      processor: { ...processor, onStateChange: (state) => this.#note(state) },
      nextId: this.#ids.next,
    });
  }

  get made(): number {
    return this.#ids.made;
  }

  get metrics(): ProcessorMetrics {
    return this.#pipeline.processor.getMetrics();
  }

  get hasDelivered(): boolean {
    return this.metrics.eventsFlushed > 0;
  }

  get requestsInFlight(): number {
    return this.metrics.flushesInFlight;
  }

  /** The most bytes held. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  emit(text: string): void {
    this.#pipeline.emit(text);
  }

  emitPoison(text: string): void {
    this.#ids.poison(() => this.#pipeline.emit(text));
  }

  onFaultOver(): void {
    this.#ids.onFaultOver();
  }

  isRecovered(tallies: ReadonlyMap<string, Tally>): boolean {
    const { state } = this.metrics;
    return state === 'normal' && this.#ids.arrivedBefore(tallies) + lostItems(this.metrics) >= this.#ids.madeBefore;
  }

  shutdown(): Promise<void> {
    this.#hasEnded = true;
    return this.#pipeline.shutdown();
  }

  /** Checks the accounting law and the limit in bytes. */
  look(): void {
    const { metrics } = this;
    this.#mostBytes = Math.max(this.#mostBytes, metrics.bufferBytes);
    const law = brokenLaw(metrics);
    if (law !== undefined) this.problems.add(`the law is broken: ${law}`);
    if (metrics.bufferBytes > this.#maxQueueBytes) this.problems.add(`holds ${metrics.bufferBytes} bytes`);
  }

  /** Returns what arrived, after the shutdown, and records contradictions with the counters. */
  arrived(tallies: ReadonlyMap<string, Tally>): Tally {
    const tally = this.#ids.arrived(tallies);
    for (const problem of disagreements(this.made, this.metrics, tally)) this.problems.add(problem);
    return tally;
  }

  #note(state: BackpressureState): void {
    if (!this.#hasEnded) this.states.push(state);
  }
}
