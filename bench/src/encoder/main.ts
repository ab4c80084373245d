/**
 * What encoding a span costs: upstream's serializer and ours, the same spans, one run, alternating rounds.
 * `node bench/src/encoder/main.ts [--json]` after `npm run build`; with `--json` a line for the bench, of the working
 * set that fits the caches.
 */
import { parseArgs } from 'node:util';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { encodeResourceHeader, encodeScopeHeader, ProtobufWriter } from '@spillway/otlp';
import { SpanEncoder } from '@spillway/trace';
import { makeSpans } from './spans.ts';

/** Upstream's default batch. */
const BATCH_SPANS = 512;
/** One batch stays in the processor's caches, as a span does that is encoded when it ends; many do not. */
const WORKING_SETS = [1, 16];
const SPANS_PER_ROUND = 8192;
const ROUNDS = 31;
const WARM_UP_ROUNDS = 10;

type EncodeBatch = (spans: ReadableSpan[]) => number;

function upstreamBatch(spans: ReadableSpan[]): number {
  return ProtobufTraceSerializer.serializeRequest(spans)?.length ?? 0;
}

/** As the encoded buffer does it: one item after the other, into a segment that is used again. */
function ourBatch(): EncodeBatch {
  const encoder = new SpanEncoder();
  const writer = new ProtobufWriter((needed) => new Uint8Array(Math.max(1 << 20, needed * 2)));
  return (spans) => {
    writer.position = 0;
    for (const span of spans) {
      writer.itemStart = writer.position;
      encoder.encode(span, writer);
    }
    return writer.position;
  };
}

function nanosPerSpan(batches: readonly ReadableSpan[][], encodeBatch: EncodeBatch): number {
  const start = process.hrtime.bigint();
  for (let done = 0; done < SPANS_PER_ROUND; done += BATCH_SPANS) {
    encodeBatch(batches[(done / BATCH_SPANS) % batches.length] as ReadableSpan[]);
  }
  return Number(process.hrtime.bigint() - start) / SPANS_PER_ROUND;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

/** A pipeline that loses fields would look fast. What upstream writes and we leave out: four counts of 0 and a status of 0, 10 bytes. */
function bytesPerSpan(batch: ReadableSpan[], encodeBatch: EncodeBatch): { upstream: number; ours: number } {
  const [span] = batch as [ReadableSpan];
  const headers = encodeResourceHeader(span.resource).length + encodeScopeHeader(span.instrumentationScope).length;
  const upstream = (upstreamBatch(batch) - headers) / BATCH_SPANS;
  const ours = encodeBatch(batch) / BATCH_SPANS;
  if (Math.abs(upstream - ours) > 11) throw new Error(`sizes differ: ${upstream} and ${ours} bytes a span`);
  return { upstream, ours };
}

const { json = false } = parseArgs({ options: { json: { type: 'boolean' } } }).values;
const encodeBatch = ourBatch();
const bytes = bytesPerSpan(makeSpans(BATCH_SPANS), encodeBatch);
if (json) {
  const { upstream, ours } = measure(WORKING_SETS[0] as number);
  console.log(JSON.stringify({ upstreamMicros: upstream / 1_000, spillwayMicros: ours / 1_000 }));
} else {
  console.log(
    `encoding a span of 10 attributes, ${bytes.upstream.toFixed(0)} bytes by upstream and ${bytes.ours.toFixed(0)} by Spillway; ` +
      `medians of ${ROUNDS} alternating rounds of ${SPANS_PER_ROUND} spans`,
  );
  for (const count of WORKING_SETS) {
    const { upstream, ours } = measure(count);
    const spans = `${count * BATCH_SPANS} spans`.padStart(12);
    console.log(`${spans}: upstream ${upstream.toFixed(0)} ns, Spillway ${ours.toFixed(0)} ns, ratio ${(upstream / ours).toFixed(1)}`);
  }
}

/** Medians in nanoseconds a span, for a working set of that many batches. */
function measure(count: number): { upstream: number; ours: number } {
  const batches = Array.from({ length: count }, () => makeSpans(BATCH_SPANS));
  const upstream: number[] = [];
  const ours: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const upstreamNanos = nanosPerSpan(batches, upstreamBatch);
    const ourNanos = nanosPerSpan(batches, encodeBatch);
    if (round < 0) continue;
    upstream.push(upstreamNanos);
    ours.push(ourNanos);
  }
  return { upstream: median(upstream), ours: median(ours) };
}
