import type { BackpressureState } from '@spillway/backpressure';
import type { OtlpExporterOptions, ProcessorMetrics, ProcessorOptions } from '@spillway/otlp';
import type { SignalName, Tally } from '../collector/src/index.ts';
import { disagreements, lostItems, NOTHING_ARRIVED } from '../faults/accounts.ts';
import { brokenLaw, openPipeline, type Pipeline } from '../faults/pipeline.ts';

/** One pipeline, and what must be known of it. Its items are told apart by whether they were made before the end of the fault. */
export class MeasuredPipeline {
  readonly signal: SignalName;
  /** Those that it went through, in order. */
  readonly states: BackpressureState[] = ['normal'];
  readonly problems = new Set<string>();
  readonly #maxQueueBytes: number;
  readonly #pipeline: Pipeline;
  readonly #made = { before: 0, after: 0 };
  #phase: keyof typeof PREFIX = 'before';
  #mostBytes = 0;

  /** @param url of the collector */
  constructor(signal: SignalName, url: string, exporter: OtlpExporterOptions, processor: ProcessorOptions<unknown> & { maxQueueBytes: number }) {
    this.signal = signal;
    this.#maxQueueBytes = processor.maxQueueBytes;
    this.#pipeline = openPipeline(signal, {
      exporter: { url: `${url}/v1/${signal}`, ...exporter },
      processor: { ...processor, onStateChange: (state) => this.states.push(state) },
      nextId: () => {
        this.#made[this.#phase] += 1;
        return PREFIX[this.#phase] + this.#made[this.#phase].toString(16).padStart(8, '0');
      },
    });
  }

  get made(): number {
    return this.#made.before + this.#made.after;
  }

  get metrics(): ProcessorMetrics {
    return this.#pipeline.processor.getMetrics();
  }

  /** Bytes held at most. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  emit(text: string): void {
    this.#pipeline.emit(text);
  }

  /** The fault is over: later items are told apart. */
  onFaultOver(): void {
    this.#phase = 'after';
  }

  /** Whether everything that was made before the end of the fault has arrived or was given up, and the state is as before it. */
  isRecovered(tallies: ReadonlyMap<string, Tally>): boolean {
    const { state } = this.metrics;
    return state === 'normal' && (tallies.get(PREFIX.before)?.unique ?? 0) + lostItems(this.metrics) >= this.#made.before;
  }

  shutdown(): Promise<void> {
    return this.#pipeline.shutdown();
  }

  /** Notes what must not be at any moment: a broken law, a limit exceeded. */
  look(): void {
    const { metrics } = this;
    this.#mostBytes = Math.max(this.#mostBytes, metrics.bufferBytes);
    const law = brokenLaw(metrics);
    if (law !== undefined) this.problems.add(`the law is broken: ${law}`);
    if (metrics.bufferBytes > this.#maxQueueBytes) this.problems.add(`holds ${metrics.bufferBytes} bytes`);
  }

  /** After its shutdown, what arrived; notes what does not agree with what was counted. */
  arrived(tallies: ReadonlyMap<string, Tally>): Tally {
    const [before, after] = [tallies.get(PREFIX.before) ?? NOTHING_ARRIVED, tallies.get(PREFIX.after) ?? NOTHING_ARRIVED];
    const tally: Tally = {
      unique: before.unique + after.unique,
      duplicates: before.duplicates + after.duplicates,
      unexplained: before.unexplained + after.unexplained,
      unanswered: before.unanswered + after.unanswered,
    };
    for (const problem of disagreements(this.made, this.metrics, tally)) this.problems.add(problem);
    return tally;
  }
}

/** The first eight digits of ids, by which the collector keeps its tallies. */
const PREFIX = { before: '00000001', after: '00000002' } as const;
