import { MemoryBudget } from '@spillway/backpressure';
import type { SignalName, SpawnedCollector } from '../collector/src/index.ts';
import { Chance } from './chance.ts';
import { Load } from './load.ts';
import { randomPipeline } from './random-pipeline.ts';
import { randomMetrics, SoakedMetrics } from './soaked-metrics.ts';
import { SoakedPipeline } from './soaked-pipeline.ts';
import type { Soaked } from './soaked.ts';
import { Weather } from './weather.ts';

/** The number of concurrent pipelines for each signal. */
const PIPELINES_OF_EACH = 2;
const STEP_MILLIS = 10;
/** Probabilities per step: a pipeline is flushed about every two seconds, and replaced about every ten seconds. */
const FLUSH_SHARE = 0.005;
const END_SHARE = 0.001;
/** The probability per step that the application blocks the event loop. */
const BLOCK_SHARE = 0.002;
const LONGEST_BLOCK_MILLIS = 300;
const BUDGET_BYTES = 8 * 2 ** 20;

/** A place for a pipeline. When its pipeline ends, another one begins there. */
interface Place {
  readonly signal: SignalName;
  readonly load: Load;
  pipeline: Soaked;
}

/** Random load on random pipelines against a receiver with random faults. */
export class Soak {
  /** All pipelines, including those that have ended. */
  readonly pipelines: SoakedPipeline[] = [];
  readonly metrics: SoakedMetrics[] = [];
  /** Violations of the rules that apply at any moment. */
  readonly problems = new Set<string>();
  readonly weather: Weather;
  readonly #collector: SpawnedCollector;
  readonly #chance: Chance;
  readonly #budget = new MemoryBudget(BUDGET_BYTES);
  readonly #places: Place[];
  readonly #ending = new Set<Promise<void>>();

  constructor(seed: number, collector: SpawnedCollector) {
    this.#collector = collector;
    this.#chance = new Chance(seed);
    this.weather = new Weather(this.#chance.fork(), collector);
    this.#places = (['traces', 'logs', 'metrics'] as const).flatMap((signal) =>
      Array.from({ length: PIPELINES_OF_EACH }, () => ({
        signal,
        load: new Load(this.#chance.fork()),
        pipeline: this.#open(signal),
      })),
    );
  }

  /** Runs the soak, then shuts down every pipeline with a healthy receiver. */
  async run(seconds: number): Promise<void> {
    const startedAt = performance.now();
    let last = 0;
    while (last < 1_000 * seconds) {
      await new Promise((resolve) => setTimeout(resolve, STEP_MILLIS));
      const at = performance.now() - startedAt;
      this.#step(at, at - last);
      last = at;
    }
    await this.weather.clear();
    // Pipelines may have learned small batches from a receiver with a limit, and these may take longer than a drain.
    await Promise.all(this.#places.map(({ pipeline }) => pipeline.forceFlush()));
    await Promise.all([...this.#ending, ...this.#places.map(({ pipeline }) => this.#end(pipeline))]);
    for (const { pipeline } of this.#places) {
      const { already_shutdown: late, drain_timeout: left } = pipeline.metrics.droppedByReason;
      if (late + left > 0)
        this.problems.add(`${pipeline.name}: ${late + left} items were left although the receiver was healthy`);
    }
    this.#places.length = 0;
    if (this.#budget.usedBytes !== 0) this.problems.add(`the shared budget ends at ${this.#budget.usedBytes} bytes`);
  }

  #step(at: number, millis: number): void {
    this.weather.step(at);
    if (this.#chance.happens(BLOCK_SHARE)) block(this.#chance.whole(1, LONGEST_BLOCK_MILLIS));
    for (const place of this.#places) {
      place.load.step(place.pipeline, at, millis);
      this.#look(place.pipeline);
      if (this.#chance.happens(FLUSH_SHARE)) void place.pipeline.forceFlush();
      if (!this.#chance.happens(END_SHARE)) continue;
      const ending = this.#end(place.pipeline);
      this.#ending.add(ending);
      void ending.then(() => this.#ending.delete(ending));
      place.pipeline = this.#open(place.signal);
    }
  }

  #open(signal: SignalName): Soaked {
    const url = `${this.#collector.url}/v1/${signal}`;
    if (signal === 'metrics') {
      const metrics = new SoakedMetrics(this.metrics.length + 1, randomMetrics(this.#chance, url, this.#budget));
      this.metrics.push(metrics);
      return metrics;
    }
    const options = randomPipeline(this.#chance, url, this.#budget);
    const pipeline = new SoakedPipeline(signal, this.pipelines.length + 1, options);
    this.pipelines.push(pipeline);
    return pipeline;
  }

  async #end(pipeline: Soaked): Promise<void> {
    await pipeline.shutdown();
    this.#look(pipeline);
  }

  #look(pipeline: Soaked): void {
    const problem = pipeline.problemNow();
    if (problem !== undefined) this.problems.add(problem);
    const { usedBytes } = this.#budget;
    if (usedBytes > BUDGET_BYTES) this.problems.add(`the shared budget of ${BUDGET_BYTES} bytes is at ${usedBytes}`);
  }
}

function block(millis: number): void {
  for (const end = performance.now() + millis; performance.now() < end;);
}
