/**
 * Measures the hook of a processor for a span that has ended, in a process that does other work between two spans. One
 * process, one core, no collector. Prints a line of JSON.
 */
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { type ItemExporter, listFormat, OTLP_PARTS, type OtlpParts } from '@spillway/pipeline';
import { BackpressureSpanProcessor, type ReadableSpanLike, SpanEncoder } from '@spillway/trace';
import { spanEncoders } from '../encoder/spans.ts';
import { median } from '../statistics.ts';
import type { HookMicros, QuietFigures } from './protocol.ts';

const SPANS = 512;
const ROUNDS = 2_000;
const WARM_UP_ROUNDS = 40;
const TOGETHER = 50;
/** More than a cache of the second level holds. */
const OTHER_WORK = new Int32Array(2 ** 20);
const CACHE_LINE_WORDS = 16;
const MICROS_PER_MILLI = 1_000;
/** Of the enumeration `ExportResultCode`, which is in a package that the bench does not need otherwise. */
const SUCCESS = { code: 0 } as never;

/** An exporter whose collector takes everything at once. */
class ImmediateExporter implements ItemExporter<ReadableSpanLike> {
  readonly [OTLP_PARTS]: OtlpParts<ReadableSpanLike> = {
    newBuffer: listFormat<ReadableSpanLike>(new SpanEncoder()).newBuffer,
    transport: { send: async () => ({ kind: 'delivered' }), shutdown: async () => {} },
    maxRequestBytes: 2 ** 22,
    concurrencyLimit: 4,
  };

  export(): void {
    throw new Error('items are to come encoded');
  }

  async shutdown(): Promise<void> {}
}

const spans = spanEncoders.makeItems(SPANS);
const ownProcessor = new BackpressureSpanProcessor({ exporter: new ImmediateExporter() });
const upstreamsProcessor = new BatchSpanProcessor({
  exporter: {
    export: (_, done) => done(SUCCESS),
    shutdown: async () => {},
    forceFlush: async () => {},
  },
});
const spillway = await hookMicros((span) => ownProcessor.onEnd(span));
const upstream = await hookMicros((span) => upstreamsProcessor.onEnd(span));
await ownProcessor.forceFlush();
const { eventsFlushed, eventsOffered } = ownProcessor.getMetrics();
const figures: QuietFigures = {
  upstream,
  spillway,
  problems: eventsFlushed === eventsOffered ? [] : [`${eventsFlushed} of ${eventsOffered} spans were exported`],
};
console.log(JSON.stringify(figures));
process.exit();

async function hookMicros(hook: (span: ReadableSpan) => void): Promise<HookMicros> {
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
    for (const span of spans) hook(span);
    await turn();
  }
  const measured = { busy: [] as number[], quiet: [] as number[], quietTogether: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    measured.busy.push(microsOf(hook, TOGETHER, round));
    doOtherWork();
    measured.quiet.push(microsOf(hook, 1, round));
    doOtherWork();
    measured.quietTogether.push(microsOf(hook, TOGETHER, round));
    await turn();
  }
  return {
    busy: median(measured.busy),
    quiet: median(measured.quiet),
    quietTogether: median(measured.quietTogether),
  };
}

function microsOf(hook: (span: ReadableSpan) => void, count: number, round: number): number {
  const start = performance.now();
  for (let index = 0; index < count; index += 1) hook(spans[(round + index) % SPANS] as ReadableSpan);
  return ((performance.now() - start) * MICROS_PER_MILLI) / count;
}

function doOtherWork(): void {
  for (let index = 0; index < OTHER_WORK.length; index += CACHE_LINE_WORDS)
    OTHER_WORK[index] = (OTHER_WORK[index] as number) + 1;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
