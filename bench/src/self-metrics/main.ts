/**
 * Measures what self-metrics and loss reports cost: the same spans through pipelines with and without, in alternating
 * rounds. Run `node --expose-gc --min-semi-space-size=256 --max-semi-space-size=256 bench/src/self-metrics/main.ts`
 * after `npm run build`. Prints {@link SelfMetricFigures}.
 */
import {
  type BatchObservableCallback,
  createNoopMeter,
  type MeterProvider as AnyMeterProvider,
} from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { BackpressureLogRecordProcessor, LogRecordEncoder, type ReadableLogRecordLike } from '@spillway/logs';
import { type ItemExporter, listFormat, OTLP_PARTS, type OtlpParts } from '@spillway/pipeline';
import { BackpressureSpanProcessor, SpanEncoder } from '@spillway/trace';
import { logRecordEncoders } from '../encoder/log-records.ts';
import { spanEncoders } from '../encoder/spans.ts';
import { median, quantile } from '../statistics.ts';
import type { CollectionCost, SelfMetricFigures } from './protocol.ts';

/** Two seconds of 10 000 spans/s, so a collection a round is thirty times as many as by default. */
const SPANS = 20_000;
const ROUNDS = 31;
const WARM_UP_ROUNDS = 10;
const COLLECTIONS = 500;
const REFUSED = 200_000;
const NANOS_PER_MICRO = 1_000;

const problems: string[] = [];

/** An exporter whose collector takes everything at once, or never answers. */
class ImmediateExporter<Item> implements ItemExporter<Item> {
  readonly [OTLP_PARTS]: OtlpParts<Item>;

  constructor(newBuffer: OtlpParts<Item>['newBuffer'], answers = true) {
    this[OTLP_PARTS] = {
      newBuffer,
      transport: {
        send: () => (answers ? Promise.resolve({ kind: 'delivered' }) : new Promise(() => {})),
        shutdown: async () => {},
      },
      maxRequestBytes: 2 ** 26,
      concurrencyLimit: 4,
    };
  }

  export(): void {
    throw new Error('items are to come encoded');
  }

  async shutdown(): Promise<void> {}
}

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const reader = new ManualReader();
const meters = new MeterProvider({ readers: [reader] });

const spans = spanEncoders.makeItems(SPANS);
const pipelines = { without: pipelineWith(undefined), with: pipelineWith(meters) };
const spanMicros = { without: [] as number[], with: [] as number[] };
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
  // In turn, so that neither is always the one that pays for the garbage of the other.
  const order = round % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const);
  for (const variant of order) {
    const micros = await microsPerSpan(pipelines[variant], async () => {
      if (variant === 'with') await reader.collect();
    });
    if (round >= 0) spanMicros[variant].push(micros);
  }
}
const collection = await costOf(COLLECTIONS, async () => void (await reader.collect()));
const callbacks = await costOf(COLLECTIONS, callbacksOfPipeline());
const refused = { without: [] as number[], with: [] as number[] };
for (let round = -2; round < 11; round += 1) {
  const without = refusedNanos(false);
  const having = refusedNanos(true);
  if (round < 0) continue;
  refused.without.push(without);
  refused.with.push(having);
}
await Promise.all([pipelines.without.shutdown(), pipelines.with.shutdown()]);

const middle = median(spanMicros.without);
const figures: SelfMetricFigures = {
  spanMicros: { without: middle, with: median(spanMicros.with) },
  noise: (quantile(spanMicros.without, 0.75) - quantile(spanMicros.without, 0.25)) / middle,
  collection,
  callbacks,
  refusedNanos: { without: median(refused.without), with: median(refused.with) },
  problems,
};
console.log(JSON.stringify(figures));

function pipelineWith(selfObsMeterProvider: AnyMeterProvider | undefined): BackpressureSpanProcessor {
  const exporter = new ImmediateExporter(listFormat(new SpanEncoder()).newBuffer);
  return new BackpressureSpanProcessor({ exporter, selfObsMeterProvider, strategy: 'drop_newest' });
}

async function microsPerSpan(pipeline: BackpressureSpanProcessor, collect: () => Promise<void>): Promise<number> {
  const before = pipeline.getMetrics().eventsFlushed;
  const start = process.cpuUsage();
  for (const span of spans) pipeline.onEnd(span);
  await pipeline.forceFlush();
  await collect();
  const { user, system } = process.cpuUsage(start);
  const flushed = pipeline.getMetrics().eventsFlushed - before;
  if (flushed !== SPANS) problems.push(`${flushed} of ${SPANS} spans were exported`);
  return (user + system) / SPANS;
}

async function costOf(times: number, work: () => unknown): Promise<CollectionCost> {
  const collectGarbage = globalThis.gc;
  if (collectGarbage === undefined) throw new Error('the process was started without --expose-gc');
  for (let count = 0; count < times; count += 1) await work();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const start = process.cpuUsage();
  for (let count = 0; count < times; count += 1) await work();
  const { user, system } = process.cpuUsage(start);
  return { micros: (user + system) / times, bytes: (process.memoryUsage().heapUsed - before) / times };
}

/** What a meter provider calls at each collection, with a result that keeps nothing. */
function callbacksOfPipeline(): () => void {
  const called: BatchObservableCallback[] = [];
  const meter = Object.assign(createNoopMeter(), {
    addBatchObservableCallback: (callback: BatchObservableCallback) => void called.push(callback),
  });
  const pipeline = pipelineWith({ getMeter: () => meter });
  return () => {
    if (pipeline.getMetrics().eventsOffered > 0) problems.push('the pipeline of the callbacks was used');
    for (const callback of called) void callback({ observe() {} });
  };
}

/** @param isReported whether a log pipeline of the process sends reports */
function refusedNanos(isReported: boolean): number {
  const newBuffer = listFormat<ReadableLogRecordLike>(new LogRecordEncoder()).newBuffer;
  const taker = new BackpressureLogRecordProcessor({
    exporter: new ImmediateExporter(newBuffer),
    lossReports: isReported,
  });
  const full = new BackpressureLogRecordProcessor({
    exporter: new ImmediateExporter(newBuffer, false),
    maxQueueSize: 100,
    strategy: 'drop_newest',
  });
  const [record] = logRecordEncoders.makeItems(1);
  for (let count = 0; count < 100; count += 1) full.onEmit(record as never);
  const start = performance.now();
  for (let count = 0; count < REFUSED; count += 1) full.onEmit(record as never);
  const nanos = ((performance.now() - start) * NANOS_PER_MICRO * NANOS_PER_MICRO) / REFUSED;
  const { queue_full: dropped } = full.getMetrics().droppedByReason;
  if (dropped !== REFUSED) problems.push(`${dropped} of ${REFUSED} log records were refused`);
  full.giveUp();
  taker.giveUp();
  return nanos;
}
