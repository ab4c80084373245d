/** Measures `BackpressureController` alone: one process, one core, a consumer that takes every batch immediately. */
import { BackpressureController, BackpressureStrategy } from '@spillway/backpressure';
import { carryOutPlan } from '../measured-program.ts';
import type { ControllerFigures } from './protocol.ts';

interface Item {
  readonly serial: number;
}

const SHALLOW = 1_000;
const DEEP = 200_000;
const BATCH = 1_000;
const CYCLED_ITEMS = 4_000_000;
const EVICTIONS = 2_000_000;
const NANOS_PER_MILLI = 1e6;

/** One item, pushed again and again, so that only the controller is measured and not the making of items. */
const ITEM: Item = { serial: 1 };
const problems: string[] = [];

carryOutPlan(measure);

async function measure(): Promise<ControllerFigures> {
  // The first round of each measurement only warms up the compiler.
  await cyclesPerSecond(SHALLOW, CYCLED_ITEMS / 4);
  const shallow = await cyclesPerSecond(SHALLOW, CYCLED_ITEMS);
  const deep = await cyclesPerSecond(DEEP, CYCLED_ITEMS);
  evictionNanos(SHALLOW, EVICTIONS / 4);
  const evictionNanosByDepth = { shallow: evictionNanos(SHALLOW, EVICTIONS), deep: evictionNanos(DEEP, EVICTIONS) };
  const allocated = await allocatedBytes();
  return { cyclesPerSecond: { shallow, deep }, evictionNanos: evictionNanosByDepth, ...allocated, problems };
}

/** Fills the buffer to a depth and lets it run empty, until `items` have passed. */
async function cyclesPerSecond(depth: number, items: number): Promise<number> {
  const pipeline = new CountedPipeline(depth);
  const start = performance.now();
  for (let passed = 0; passed < items; passed += depth) await pipeline.cycle();
  const seconds = (performance.now() - start) / 1000;
  pipeline.end();
  return items / seconds;
}

/** Pushes into a full buffer whose consumer never answers. */
function evictionNanos(depth: number, evictions: number): number {
  const controller = new BackpressureController<Item>(() => new Promise(() => {}), {
    maxBufferSize: depth,
    batchSize: BATCH,
    strategy: BackpressureStrategy.DROP_OLDEST,
  });
  push(controller, depth);
  const start = performance.now();
  push(controller, evictions);
  const nanos = ((performance.now() - start) * NANOS_PER_MILLI) / evictions;
  const { eventsDropped } = controller.getMetrics();
  if (eventsDropped !== evictions) problems.push(`${eventsDropped} of ${evictions} pushes evicted an item`);
  return nanos;
}

async function allocatedBytes(): Promise<{ bytesPerPush: number; bytesPerCycle: number }> {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('the process was started without --expose-gc');
  const pipeline = new CountedPipeline(DEEP);
  // This grows the ring to the depth and compiles the code.
  for (let warmup = 0; warmup < 5; warmup++) await pipeline.cycle();

  collect();
  const before = process.memoryUsage().heapUsed;
  const flushed = pipeline.fill();
  const filled = process.memoryUsage().heapUsed;
  await flushed;
  const emptied = process.memoryUsage().heapUsed;
  pipeline.end();
  return { bytesPerPush: (filled - before) / DEEP, bytesPerCycle: (emptied - before) / DEEP };
}

/** A controller whose consumer counts. */
class CountedPipeline {
  private readonly controller: BackpressureController<Item>;
  private readonly depth: number;
  private pushed = 0;
  private flushed = 0;
  private onEmptied: (() => void) | undefined;

  constructor(depth: number) {
    this.depth = depth;
    this.controller = new BackpressureController<Item>(
      (items) => {
        this.flushed += items.length;
        if (this.flushed === this.pushed) this.onEmptied?.();
        return Promise.resolve({ success: items.length, failed: 0, errors: [] });
      },
      // Room for a batch that has been flushed and is still being settled when the next round begins.
      { maxBufferSize: depth + BATCH, batchSize: BATCH, strategy: BackpressureStrategy.DROP_NEWEST },
    );
    this.controller.start();
  }

  /** Pushes as many items as the depth; resolves when all of them were taken. */
  fill(): Promise<void> {
    this.pushed += this.depth;
    const emptied = new Promise<void>((resolve) => {
      this.onEmptied = resolve;
    });
    push(this.controller, this.depth);
    return emptied;
  }

  async cycle(): Promise<void> {
    await this.fill();
  }

  end(): void {
    const { eventsDropped } = this.controller.getMetrics();
    if (eventsDropped !== 0) problems.push(`${eventsDropped} items were dropped`);
    if (this.flushed !== this.pushed) problems.push(`${this.flushed} of ${this.pushed} items were flushed`);
    this.controller.stop();
  }
}

function push(controller: BackpressureController<Item>, count: number): void {
  for (let done = 0; done < count; done++) controller.tryPush(ITEM);
}
