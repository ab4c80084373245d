/**
 * Measures what a span costs by its size, from the finished span to the request, with upstream's serializer and with
 * Spillway's buffer: the same spans in one run, in alternating rounds. Run
 * `node bench/src/encoder/measure-range.ts --range attributes` after `npm run build`. It prints a line for the bench.
 */
import { parseArgs } from 'node:util';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { admissionTo } from '@spillway/backpressure';
import { EncodedBuffer } from '@spillway/otlp';
import { SpanEncoder } from '@spillway/trace';
import { median } from '../statistics.ts';
import { type Range, type RangeName, RANGES } from './ranges.ts';

/** Upstream's default batch. */
const BATCH_SPANS = 512;
/** Bytes that upstream writes and Spillway leaves out, a span and a request: counts and a status of 0. */
const OMITTED_BYTES = 12;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 5;
const ROUND_MICROS = 25_000;

/** What a span of one size costs. */
export interface CostOfSize {
  readonly size: number;
  readonly upstreamMicros: number;
  readonly spillwayMicros: number;
}

/** Makes requests of a batch of spans. @returns their bytes */
type MakeRequest = (batch: ReadableSpan[]) => number;

const { values } = parseArgs({ options: { range: { type: 'string', default: 'attributes' } } });
const range: Range | undefined = RANGES[values.range as RangeName];
if (range === undefined)
  throw new TypeError(`--range: "${values.range}" is not one of ${Object.keys(RANGES).join(', ')}`);
console.log(JSON.stringify(measure(range)));

/** The spans of one size, and what they have cost so far. */
interface Contender {
  readonly size: number;
  readonly spans: number;
  readonly batches: readonly ReadableSpan[][];
  readonly spillway: MakeRequest;
  readonly upstreamMicros: number[];
  readonly spillwayMicros: number[];
}

/** All sizes take turns, so that a disturbance does not look like growth. */
function measure({ sizes, makeSpans }: Range): CostOfSize[] {
  const contenders = sizes.map((size) => contender(size, makeSpans(size)));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    for (const { batches, spans, spillway, upstreamMicros, spillwayMicros } of contenders) {
      const upstream = microsPerSpan(batches, spans, serializeUpstream);
      const ours = microsPerSpan(batches, spans, spillway);
      if (round < 0) continue;
      upstreamMicros.push(upstream);
      spillwayMicros.push(ours);
    }
  }
  return contenders.map(({ size, upstreamMicros, spillwayMicros }) => ({
    size,
    upstreamMicros: median(upstreamMicros),
    spillwayMicros: median(spillwayMicros),
  }));
}

function contender(size: number, spans: readonly ReadableSpan[]): Contender {
  const batches: ReadableSpan[][] = [];
  for (let start = 0; start < spans.length; start += BATCH_SPANS) batches.push(spans.slice(start, start + BATCH_SPANS));
  const spillway = throughBuffer();
  checkBytes(batches, spillway);
  return { size, spans: spans.length, batches, spillway, upstreamMicros: [], spillwayMicros: [] };
}

function serializeUpstream(batch: ReadableSpan[]): number {
  return ProtobufTraceSerializer.serializeRequest(batch)?.length ?? 0;
}

/** A buffer that stays, as in a pipeline, so that what it has seen is known. */
function throughBuffer(): MakeRequest {
  const buffer = new EncodedBuffer({ encoder: new SpanEncoder() });
  return (spans) => {
    for (const span of spans) buffer.push(span, admissionTo(0));
    const batch = buffer.take(spans.length, Infinity);
    const { chunks } = buffer.assembleRequest(batch);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    buffer.release(batch);
    return bytes;
  };
}

/** An encoder that loses fields would look fast. */
function checkBytes(batches: readonly ReadableSpan[][], spillway: MakeRequest): void {
  for (const batch of batches) {
    const [theirs, ours] = [serializeUpstream(batch), spillway(batch)];
    if (ours > theirs || ours < theirs - OMITTED_BYTES * (batch.length + 1)) {
      throw new Error(`the sizes of a request differ: ${theirs} and ${ours} bytes`);
    }
  }
}

/** Repeats all batches until the round is long enough to be measured. CPU of all threads, user and system. */
function microsPerSpan(batches: readonly ReadableSpan[][], spans: number, makeRequest: MakeRequest): number {
  const before = process.cpuUsage();
  for (let repetitions = 1; ; repetitions += 1) {
    for (const batch of batches) makeRequest(batch);
    const { user, system } = process.cpuUsage(before);
    if (user + system >= ROUND_MICROS) return (user + system) / (spans * repetitions);
  }
}
