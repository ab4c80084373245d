import { LoadGenerator } from '../application/load.ts';
import type { Pipeline } from '../application/pipeline.ts';
import type { PipelineAccounts } from '../application/protocol.ts';
import type { ItemSource } from '../application/signals/signal-under-load.ts';

const TICK_MILLIS = 5;

/** One variant's pipeline, which repeatedly gets the load for a while. */
export class TurnTaker {
  private readonly pipeline: Pipeline<unknown>;
  private readonly source: ItemSource;
  private readonly load: LoadGenerator;

  private readonly itemsPerSecond: number;

  constructor(pipeline: Pipeline<unknown>, source: ItemSource, itemsPerSecond: number) {
    this.itemsPerSecond = itemsPerSecond;
    this.pipeline = pipeline;
    this.source = source;
    this.load = new LoadGenerator(source);
  }

  /** Items made so far. */
  get made(): number {
    return this.load.made;
  }

  /**
   * Makes items for `seconds` and ends when all of them are delivered, so that no work is left for another variant's
   * turn.
   * @returns CPU in microseconds per item
   */
  async turn(seconds: number): Promise<number> {
    const madeBefore = this.made;
    const cpuBefore = process.cpuUsage();
    await this.load.pace(this.itemsPerSecond, seconds, TICK_MILLIS);
    await this.source.flush();
    const { user, system } = process.cpuUsage(cpuBefore);
    return (user + system) / (this.made - madeBefore);
  }

  /** Ends the pipeline. @returns what it reports about its items */
  async end(): Promise<PipelineAccounts> {
    await this.source.shutdown();
    return this.pipeline.accounts();
  }
}
