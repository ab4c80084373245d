import type { SeverityNumber } from '@opentelemetry/api';
import type { DropReason } from '@spillway/backpressure';
import type { ProcessorMetrics, ProcessorOptions } from '@spillway/pipeline';
import type { EventSignal, Tally } from '../collector/src/index.ts';
import { disagreements } from '../faults/accounts.ts';
import type { Soaked } from './soaked.ts';
import { brokenLaw, openPipeline, type Pipeline, type PipelineOptions } from '../faults/pipeline.ts';

const HALF_DIGITS = 8;

/** Possible reasons for giving items up here. The other reasons cannot occur. */
const REASONS: readonly string[] = [
  'queue_full',
  'evicted',
  'sampled_out',
  'too_large',
  'rejected',
  'already_shutdown',
  'drain_timeout',
] satisfies DropReason[];

export interface SoakedPipelineOptions extends PipelineOptions {
  readonly processor: ProcessorOptions<unknown> & { readonly maxQueueSize: number; readonly maxQueueBytes: number };
}

/**
 * A pipeline whose items have ids of eight hex digits for the pipeline's number and eight for the item's number,
 * counted from 1. So no list of made items is needed.
 */
export class SoakedPipeline implements Soaked {
  readonly signal: EventSignal;
  readonly prefix: string;
  /** Its name in messages. */
  readonly name: string;
  readonly #options: SoakedPipelineOptions;
  readonly #pipeline: Pipeline;
  #made = 0;
  #mostBytes = 0;

  constructor(signal: EventSignal, number: number, options: SoakedPipelineOptions) {
    this.signal = signal;
    this.prefix = hex(number);
    this.#options = options;
    const { strategy, maxQueueSize, maxQueueBytes } = options.processor;
    this.name = `${signal} ${number} (${strategy}, ${maxQueueSize} items, ${maxQueueBytes} bytes, ${options.exporter.compression})`;
    this.#pipeline = openPipeline(signal, {
      ...options,
      nextId: () => {
        this.#made += 1;
        return this.prefix + hex(this.#made);
      },
    });
  }

  get made(): number {
    return this.#made;
  }

  get metrics(): ProcessorMetrics {
    return this.#pipeline.processor.getMetrics();
  }

  /** The most bytes held, as a share of the allowed bytes. */
  get mostBytesShare(): number {
    return this.#mostBytes / this.#options.processor.maxQueueBytes;
  }

  emit(text: string, severity: SeverityNumber): void {
    this.#pipeline.emit(text, severity);
  }

  /** Ignores failures, because they depend on the faults. */
  async forceFlush(): Promise<void> {
    await this.#pipeline.processor.forceFlush().catch(() => undefined);
  }

  shutdown(): Promise<void> {
    return this.#pipeline.shutdown();
  }

  /** @returns a violation of the rules that apply at any moment: a broken accounting law or an exceeded bound */
  problemNow(): string | undefined {
    const { metrics } = this;
    const { maxQueueSize, maxQueueBytes } = this.#options.processor;
    this.#mostBytes = Math.max(this.#mostBytes, metrics.bufferBytes);
    const law = brokenLaw(metrics);
    if (law !== undefined) return `${this.name}: the law is broken: ${law}`;
    if (metrics.bufferSize + metrics.inFlight > maxQueueSize)
      return `${this.name}: holds ${metrics.bufferSize + metrics.inFlight} items`;
    if (metrics.bufferBytes > maxQueueBytes) return `${this.name}: holds ${metrics.bufferBytes} bytes`;
    return undefined;
  }

  /** To be called after the shutdown. @returns contradictions between the counters and the items that arrived */
  problemsAtEnd(tally: Tally): string[] {
    const { metrics, made } = this;
    const arrivedAllTheSame = tally.unique - metrics.eventsFlushed;
    const strange = Object.entries(metrics.droppedByReason).filter(
      ([reason, count]) => count > 0 && !REASONS.includes(reason),
    );
    return [
      ...(metrics.bufferSize + metrics.inFlight > 0
        ? [`still holds ${metrics.bufferSize} and ${metrics.inFlight} in flight`]
        : []),
      ...(made === metrics.eventsOffered + metrics.eventsNotBuilt
        ? []
        : [`made ${made}, offered ${metrics.eventsOffered}, not built ${metrics.eventsNotBuilt}`]),
      ...disagreements(made, metrics, tally),
      ...strange.map(([reason, count]) => `${count} items were given up as ${reason}, which cannot occur here`),
      ...(arrivedAllTheSame > tally.unanswered
        ? [
            `${arrivedAllTheSame} items arrived that were not counted as flushed, and ${tally.unanswered} were not answered`,
          ]
        : []),
    ].map((problem) => `${this.name}: ${problem}`);
  }
}

function hex(number: number): string {
  return number.toString(16).padStart(HALF_DIGITS, '0');
}
