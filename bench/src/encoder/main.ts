/**
 * Measures the cost of encoding an item with upstream's serializer and with Spillway's: the same items in one run, in
 * alternating rounds. Run `node bench/src/encoder/main.ts [--signal logs] [--json]` after `npm run build`. With
 * `--json`, it prints a line for the bench, about the working set that fits into the caches.
 */
import { parseArgs } from 'node:util';
import { encodeResourceHeader, encodeScopeHeader, ProtobufWriter } from '@spillway/otlp/encoding';
import { SIGNALS } from '../signal.ts';
import { median } from '../statistics.ts';
import type { EncoderPair } from './encoder-pair.ts';

/** Upstream's default batch. */
const BATCH_ITEMS = 512;
/** One batch stays in the CPU's caches, like an item that is encoded when it ends; many batches do not. */
const WORKING_SETS = [1, 16];
const ITEMS_PER_ROUND = 8192;
const ROUNDS = 31;
const WARM_UP_ROUNDS = 10;

type EncodeBatch<Item> = (items: Item[]) => number;

const { values } = parseArgs({
  options: { signal: { type: 'string', default: 'traces' }, json: { type: 'boolean', default: false } },
});
switch (values.signal) {
  case 'traces':
    run((await import('./spans.ts')).spanEncoders, SIGNALS.traces.items);
    break;
  case 'logs':
    run((await import('./log-records.ts')).logRecordEncoders, SIGNALS.logs.items);
    break;
  default:
    throw new TypeError(`--signal: "${values.signal}" is not one of ${Object.keys(SIGNALS).join(', ')}`);
}

function run<Item>(pair: EncoderPair<Item>, items: string): void {
  const encoders = { upstream: upstreamBatch(pair), ours: ourBatch(pair) };
  const bytes = bytesPerItem(pair, encoders);
  if (values.json) {
    const { upstream, ours } = measure(WORKING_SETS[0] as number, pair, encoders);
    console.log(JSON.stringify({ upstreamMicros: upstream / 1_000, spillwayMicros: ours / 1_000 }));
    return;
  }
  console.log(
    `encoding ${pair.description}, ${bytes.upstream.toFixed(0)} bytes by upstream and ${bytes.ours.toFixed(0)} by Spillway; ` +
      `medians of ${ROUNDS} alternating rounds of ${ITEMS_PER_ROUND} ${items}`,
  );
  for (const count of WORKING_SETS) {
    const { upstream, ours } = measure(count, pair, encoders);
    const set = `${count * BATCH_ITEMS} ${items}`.padStart(18);
    console.log(
      `${set}: upstream ${upstream.toFixed(0)} ns, Spillway ${ours.toFixed(0)} ns, ratio ${(upstream / ours).toFixed(1)}`,
    );
  }
}

interface Encoders<Item> {
  readonly upstream: EncodeBatch<Item>;
  readonly ours: EncodeBatch<Item>;
}

function upstreamBatch<Item>({ serializeUpstream }: EncoderPair<Item>): EncodeBatch<Item> {
  return (items) => serializeUpstream(items)?.length ?? 0;
}

/** Encodes like the encoded buffer: one item after the other, into a segment that is reused. */
function ourBatch<Item>({ encoder }: EncoderPair<Item>): EncodeBatch<Item> {
  const writer = new ProtobufWriter((needed) => new Uint8Array(Math.max(1 << 20, needed * 2)));
  return (items) => {
    writer.position = 0;
    for (const item of items) {
      writer.itemStart = writer.position;
      encoder.encode(item, writer);
    }
    return writer.position;
  };
}

/** Checks that both write the same fields, because an encoder that loses fields would look fast. */
function bytesPerItem<Item>(
  { encoder, makeItems, omittedBytes }: EncoderPair<Item>,
  encoders: Encoders<Item>,
): { upstream: number; ours: number } {
  const batch = makeItems(BATCH_ITEMS);
  const [item] = batch as [Item];
  const headers =
    encodeResourceHeader(encoder.resourceOf(item)).length + encodeScopeHeader(encoder.scopeOf(item)).length;
  const upstream = (encoders.upstream(batch) - headers) / BATCH_ITEMS;
  const ours = encoders.ours(batch) / BATCH_ITEMS;
  if (Math.abs(upstream - ours) > omittedBytes + 1)
    throw new Error(`sizes differ: ${upstream} and ${ours} bytes an item`);
  return { upstream, ours };
}

/** Medians in nanoseconds per item, for a working set of that many batches. */
function measure<Item>(
  count: number,
  { makeItems }: EncoderPair<Item>,
  encoders: Encoders<Item>,
): { upstream: number; ours: number } {
  const batches = Array.from({ length: count }, () => makeItems(BATCH_ITEMS));
  const upstream: number[] = [];
  const ours: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const upstreamNanos = nanosPerItem(batches, encoders.upstream);
    const ourNanos = nanosPerItem(batches, encoders.ours);
    if (round < 0) continue;
    upstream.push(upstreamNanos);
    ours.push(ourNanos);
  }
  return { upstream: median(upstream), ours: median(ours) };
}

function nanosPerItem<Item>(batches: readonly Item[][], encodeBatch: EncodeBatch<Item>): number {
  const start = process.hrtime.bigint();
  for (let done = 0; done < ITEMS_PER_ROUND; done += BATCH_ITEMS) {
    encodeBatch(batches[(done / BATCH_ITEMS) % batches.length] as Item[]);
  }
  return Number(process.hrtime.bigint() - start) / ITEMS_PER_ROUND;
}
