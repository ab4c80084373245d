import { seededRandom } from '../../sampling/test/seeded-random.ts';
import {
  type BackpressureControllerConfig,
  type Destination,
  type FlushContext,
  type FlushOutcome,
} from '../src/index.ts';
import { advance, now, settle, startTimer } from './fake-clock.ts';
import { setRandomSource } from './fake-random.ts';
import { retry, throttled, unreachable } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

/** How a consumer that is away answers: not at all, or immediately. */
export type Fault = 'refused' | 'unavailable' | 'broken' | 'black hole';

const FAILURES: Readonly<Record<Exclude<Fault, 'black hole'>, FlushOutcome>> = {
  refused: unreachable,
  unavailable: throttled(),
  broken: retry,
};
const TICK_MS = 250;

/** One flush, as the consumer saw it. */
export interface SeenFlush {
  readonly by: number;
  readonly at: number;
  readonly isProbe: boolean;
}

export interface OutageSimulation {
  readonly pipelines: number;
  readonly destination: Destination;
  readonly seed: number;
  /** Milliseconds from a request to its answer or failure. Default 5. */
  readonly roundTripMs?: number;
  /** Options of each pipeline in addition to the default. */
  readonly configOf?: (pipeline: number) => BackpressureControllerConfig<number>;
  /** Milliseconds between two items of a pipeline. Default 250. */
  readonly periodOf?: (pipeline: number) => number;
  /** The outcome of a pipeline's flushes while the consumer is well. Default: delivered. */
  readonly answerOf?: (pipeline: number) => FlushOutcome;
}

/**
 * Several pipelines, each with a little load, and the one consumer to which they all send. Time is that of the fake
 * clock.
 */
export class SimulatedOutages {
  readonly random: () => number;
  readonly controllers: ReturnType<typeof lawfulController<number>>[];
  flushes: SeenFlush[] = [];
  fault: Fault | undefined;
  #endedAt = 0;
  #recoveries: (number | undefined)[] = [];
  readonly #setup: OutageSimulation;

  constructor(setup: OutageSimulation) {
    this.#setup = setup;
    this.random = seededRandom(setup.seed);
    setRandomSource(this.random);
    this.controllers = Array.from({ length: setup.pipelines }, (_, pipeline) =>
      lawfulController<number>((_items, context) => this.#flush(pipeline, context), {
        destination: setup.destination,
        batchSize: 10,
        maxConcurrentFlushes: 32,
        flushTimeoutMs: 10_000,
        ...setup.configOf?.(pipeline),
      }),
    );
    for (const controller of this.controllers) controller.start();
  }

  /** Lets time pass while items come in. */
  async run(milliseconds: number): Promise<void> {
    const end = now() + milliseconds;
    for (;;) {
      const left = end - now();
      await advance(Math.min(left, TICK_MS - (now() % TICK_MS)));
      if (now() >= end) return;
      this.controllers.forEach((controller, pipeline) => {
        if (now() % (this.#setup.periodOf?.(pipeline) ?? TICK_MS) === 0) controller.tryPush(0);
      });
      await settle();
    }
  }

  /** @returns for each pipeline the milliseconds from the end of the outage until it was answered again; `Infinity` after 20 s */
  async outage(fault: Fault, milliseconds: number): Promise<number[]> {
    this.flushes = [];
    this.fault = fault;
    await this.run(milliseconds);
    this.fault = undefined;
    this.#endedAt = now();
    this.#recoveries = this.controllers.map(() => undefined);
    for (let waited = 0; waited < 20_000 && this.#recoveries.includes(undefined); waited += TICK_MS)
      await this.run(TICK_MS);
    return this.#recoveries.map((recovery) => recovery ?? Infinity);
  }

  #flush(pipeline: number, { signal }: FlushContext): Promise<FlushOutcome> {
    const { fault } = this;
    this.flushes.push({
      by: pipeline,
      at: now(),
      isProbe: this.controllers[pipeline]?.getMetrics().circuit !== 'closed',
    });
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      if (fault === 'black hole') return;
      startTimer(() => {
        if (fault === undefined) this.#recoveries[pipeline] ??= now() - this.#endedAt;
        resolve(fault === undefined ? (this.#setup.answerOf?.(pipeline) ?? { kind: 'delivered' }) : FAILURES[fault]);
      }, this.#setup.roundTripMs ?? 5);
    });
  }
}

/** The value below which that share of the values is. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
}
