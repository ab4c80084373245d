/**
 * The application under load: one process, one variant, one load. It is told its plan by the bench, makes the spans,
 * shuts its provider down and reports.
 */
import { queryObjects } from 'node:v8';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { measureEncodedSpan } from './encoded-span-size.ts';
import { makeHttpServerSpan } from './http-server-span.ts';
import { LoadGenerator } from './load.ts';
import { settledSpans, type ApplicationMessage, type ApplicationPlan, type ApplicationReport, type EventLoopDelay } from './protocol.ts';
import { ProcessSamples, readCollectedMemory } from './process-samples.ts';
import { createSpanPipeline } from './span-pipeline.ts';

const EVENT_LOOP_RESOLUTION_MILLIS = 1;
const NANOS_PER_MILLI = 1e6;

process.once('message', (plan: ApplicationPlan) => {
  runPlan(plan).then(
    (report) => send({ kind: 'report', report }, () => process.exit(0)),
    (error: unknown) => send({ kind: 'error', message: describe(error) }, () => process.exit(1)),
  );
});
send({ kind: 'ready' });

async function runPlan(plan: ApplicationPlan): Promise<ApplicationReport> {
  const pipeline = await createSpanPipeline(plan);
  const provider = new TracerProvider({ spanProcessors: [pipeline.processor] });
  const load = new LoadGenerator(provider.getTracer('bench', '1.0.0'));

  send({ kind: 'loading' });
  const samples = new ProcessSamples(plan.sampleMillis, () => ({ made: load.made, ...pipeline.sample() }));
  const liveSpans = countLiveSpans(plan.countLiveSpansAtMillis);

  await load.warmUp(plan.load);
  const heldBefore = plan.measureHeldMemory ? await readCollectedMemory() : undefined;
  const heldSpans = (): number => load.made - settledSpans(pipeline.accounts());
  const heldSpansBefore = heldSpans();
  const delay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MILLIS });
  const madeBefore = load.made;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  delay.enable();

  await load.run(plan.load);

  delay.disable();
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const spans = load.made - madeBefore;
  send({ kind: 'loaded' });

  const heldMemory = heldBefore && {
    before: heldBefore,
    after: await readCollectedMemory(),
    heldSpans: heldSpans() - heldSpansBefore,
  };
  const drain = heldMemory ? { millis: 0, outcome: 'deadline' as const } : await drainWithin(provider, plan.drainMillis);
  samples.stop();

  return {
    made: load.made,
    measured: {
      spans,
      seconds,
      spansPerSecond: spans / seconds,
      cpuUserMicros: cpu.user,
      cpuSystemMicros: cpu.system,
      cpuMicrosPerSpan: (cpu.user + cpu.system) / spans,
      eventLoopDelayMillis: summarize(delay),
    },
    drain,
    accounts: pipeline.accounts(),
    memory: { before: samples.before, peak: samples.peak },
    ...(heldMemory && { heldMemory }),
    ...(heldMemory && { encodedSpanBytes: measureEncodedSpan() }),
    liveSpans,
    samples: samples.columns,
  };
}

async function drainWithin(provider: TracerProvider, millis: number): Promise<ApplicationReport['drain']> {
  const start = performance.now();
  const deadline = new Promise<'deadline'>((resolve) => {
    setTimeout(resolve, millis, 'deadline').unref();
  });
  try {
    const outcome = await Promise.race([provider.shutdown().then(() => 'drained' as const), deadline]);
    return { millis: performance.now() - start, outcome };
  } catch (error) {
    return { millis: performance.now() - start, outcome: 'failed', error: describe(error) };
  }
}

/** Fills the returned list as the moments pass. Counting collects all garbage first, so what it finds is really held. */
function countLiveSpans(moments: readonly number[]): { atMillis: number; spans: number }[] {
  const counts: { atMillis: number; spans: number }[] = [];
  if (moments.length === 0) return counts;
  const other = new TracerProvider({ spanProcessors: [] });
  const Span = makeHttpServerSpan(other.getTracer('bench'), 0).constructor;
  for (const atMillis of moments) {
    setTimeout(() => {
      counts.push({ atMillis, spans: queryObjects(Span, { format: 'count' }) });
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

function send(message: ApplicationMessage, afterwards?: () => void): void {
  if (process.send === undefined) throw new Error('this program is started by the bench');
  process.send(message, undefined, undefined, () => afterwards?.());
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
