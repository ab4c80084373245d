import { MemoryBudget } from '@spillway/backpressure';
import type { SignalName, SpawnedCollector } from '../collector/src/index.ts';
import { Chance } from './chance.ts';
import { Load } from './load.ts';
import { randomPipeline } from './random-pipeline.ts';
import { SoakedPipeline } from './soaked-pipeline.ts';
import { Weather } from './weather.ts';

/** Side by side, of each signal. */
const PIPELINES_OF_EACH = 2;
const STEP_MILLIS = 10;
/** How often a pipeline is flushed, or ends and another takes its place, a step: every two seconds, every ten seconds. */
const FLUSH_SHARE = 0.005;
const END_SHARE = 0.001;
/** How often the application keeps the event loop to itself. */
const BLOCK_SHARE = 0.002;
const LONGEST_BLOCK_MILLIS = 300;
const BUDGET_BYTES = 8 * 2 ** 20;

/** One place for a pipeline; when one ends, another begins there. */
interface Place {
  readonly signal: SignalName;
  readonly load: Load;
  pipeline: SoakedPipeline;
}

/** Random load on random pipelines against a receiver with random faults. */
export class Soak {
  /** Of every pipeline that there was. */
  readonly pipelines: SoakedPipeline[] = [];
  /** What must not be at any moment, and was. */
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
    this.#places = (['traces', 'logs'] as const).flatMap((signal) =>
      Array.from({ length: PIPELINES_OF_EACH }, () => ({ signal, load: new Load(this.#chance.fork()), pipeline: this.#open(signal) })),
    );
  }

  /** Ends with every pipeline shut down beside a receiver that is well. */
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
    // Small batches, which a receiver with a limit has taught them, may take longer than a drain of theirs.
    await Promise.all(this.#places.map(({ pipeline }) => pipeline.forceFlush()));
    await Promise.all([...this.#ending, ...this.#places.map(({ pipeline }) => this.#end(pipeline))]);
    for (const { pipeline } of this.#places) {
      const { shutdown } = pipeline.metrics.droppedByReason;
      if (shutdown > 0) this.problems.add(`${pipeline.name}: ${shutdown} items were left over beside a receiver that is well`);
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

  #open(signal: SignalName): SoakedPipeline {
    const options = randomPipeline(this.#chance, `${this.#collector.url}/v1/${signal}`, this.#budget);
    const pipeline = new SoakedPipeline(signal, this.pipelines.length + 1, options);
    this.pipelines.push(pipeline);
    return pipeline;
  }

  async #end(pipeline: SoakedPipeline): Promise<void> {
    await pipeline.shutdown();
    this.#look(pipeline);
  }

  #look(pipeline: SoakedPipeline): void {
    const problem = pipeline.problemNow();
    if (problem !== undefined) this.problems.add(problem);
    const { usedBytes } = this.#budget;
    if (usedBytes > BUDGET_BYTES) this.problems.add(`the shared budget of ${BUDGET_BYTES} bytes is at ${usedBytes}`);
  }
}

function block(millis: number): void {
  for (const end = performance.now() + millis; performance.now() < end; );
}
