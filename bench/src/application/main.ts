/**
 * The application under load: one process, one variant, one load. It gets its plan from the bench, makes the items,
 * shuts its provider down and reports.
 */
import { queryObjects } from 'node:v8';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { pinToCore } from '../cores.ts';
import { carryOutPlan, describe, tellBench } from '../measured-program.ts';
import { measureEncodedItem } from './encoded-item-size.ts';
import { LoadGenerator } from './load.ts';
import { createPipeline } from './pipeline.ts';
import {
  settledItems,
  type ApplicationPlan,
  type ApplicationReport,
  type EventLoopDelay,
  type LoadingMessage,
} from './protocol.ts';
import { ProcessSamples, readCollectedMemory } from './process-samples.ts';
import { withSignal } from './signals/load-signal.ts';
import { collectItems, type ItemSource, type SignalUnderLoad } from './signals/signal-under-load.ts';

const EVENT_LOOP_RESOLUTION_MILLIS = 1;
const NANOS_PER_MILLI = 1e6;

carryOutPlan(async (plan: ApplicationPlan): Promise<ApplicationReport> => {
  if (plan.core !== undefined) pinToCore(process.pid, plan.core);
  // Both exporters read it.
  if (plan.compression !== undefined) process.env['OTEL_EXPORTER_OTLP_COMPRESSION'] = plan.compression;
  return withSignal(plan.signal, async (signal) => runLoad(plan, signal));
});

async function runLoad<Item extends object, Processor>(
  plan: ApplicationPlan,
  signal: SignalUnderLoad<Item, Processor>,
): Promise<ApplicationReport> {
  const pipeline = await createPipeline(plan, signal);
  const source = signal.createSource(pipeline.processor);
  const load = new LoadGenerator(source, () => pipeline.queued());

  tellBench({ kind: 'loading' } satisfies LoadingMessage);
  const samples = new ProcessSamples(plan.sampleMillis, () => ({ made: load.made, ...pipeline.sample() }));
  const liveItems = countLiveItems(signal, plan.countLiveItemsAtMillis);

  await load.warmUp(plan.load);
  const heldBefore = plan.measureHeldMemory ? await readCollectedMemory() : undefined;
  const heldItems = (): number => load.made - settledItems(pipeline.accounts());
  const heldItemsBefore = heldItems();
  const delay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MILLIS });
  const madeBefore = load.made;
  const deliveredBefore = pipeline.accounts().delivered;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  delay.enable();

  await load.run(plan.load);

  delay.disable();
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const items = load.made - madeBefore;
  const delivered = pipeline.accounts().delivered - deliveredBefore;
  tellBench({ kind: 'loaded' } satisfies LoadingMessage);

  const heldMemory = heldBefore && {
    before: heldBefore,
    after: await readCollectedMemory(),
    heldItems: heldItems() - heldItemsBefore,
  };
  const drain = heldMemory ? { millis: 0, outcome: 'deadline' as const } : await drainWithin(source, plan.drainMillis);
  samples.stop();

  return {
    made: load.made,
    measured: {
      items,
      delivered,
      seconds,
      itemsPerSecond: items / seconds,
      cpuUserMicros: cpu.user,
      cpuSystemMicros: cpu.system,
      cpuMicrosPerItem: (cpu.user + cpu.system) / items,
      eventLoopDelayMillis: summarize(delay),
    },
    drain,
    accounts: pipeline.accounts(),
    memory: { before: samples.before, peak: samples.peak },
    ...(heldMemory && { heldMemory }),
    ...(heldMemory && { encodedItemBytes: await measureEncodedItem(signal) }),
    liveItems,
    samples: samples.columns,
  };
}

async function drainWithin(source: ItemSource, millis: number): Promise<ApplicationReport['drain']> {
  const start = performance.now();
  const deadline = new Promise<'deadline'>((resolve) => {
    setTimeout(resolve, millis, 'deadline').unref();
  });
  try {
    const outcome = await Promise.race([source.shutdown().then(() => 'drained' as const), deadline]);
    return { millis: performance.now() - start, outcome };
  } catch (error) {
    return { millis: performance.now() - start, outcome: 'failed', error: describe(error) };
  }
}

/**
 * Fills the returned list as the moments pass. Counting collects all garbage first, so the counted items are really
 * held.
 */
function countLiveItems<Item extends object, Processor>(
  signal: SignalUnderLoad<Item, Processor>,
  moments: readonly number[],
): { atMillis: number; items: number }[] {
  const counts: { atMillis: number; items: number }[] = [];
  const [item] = moments.length === 0 ? [] : collectItems(signal, 1);
  if (item === undefined) return counts;
  const { constructor } = item;
  for (const atMillis of moments) {
    setTimeout(() => {
      counts.push({ atMillis, items: queryObjects(constructor, { format: 'count' }) });
    }, atMillis);
  }
  return counts;
}

function summarize(delay: IntervalHistogram): EventLoopDelay {
  const percentile = (p: number): number => delay.percentile(p) / NANOS_PER_MILLI;
  return {
    mean: delay.mean / NANOS_PER_MILLI,
    p50: percentile(50),
    p90: percentile(90),
    p99: percentile(99),
    p999: percentile(99.9),
    max: delay.max / NANOS_PER_MILLI,
  };
}
