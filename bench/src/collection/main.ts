/**
 * Measures the cost of turning a collection of metrics into a request, with upstream's serializer and with Spillway's
 * buffer: the same collection in one run, in alternating rounds. Run `node --expose-gc --min-semi-space-size=256
 * --max-semi-space-size=256 bench/src/collection/main.ts` after `npm run build`. Prints {@link CollectionFigures}.
 */
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { admissionTo } from '@spillway/backpressure';
import { forEachPoint, MetricBuffer } from '@spillway/metrics';
import { median } from '../statistics.ts';
import { collectionsByKind, SERIES } from './collections.ts';
import type { CollectionFigures, EncodingCost } from './protocol.ts';

const COLLECTIONS_PER_ROUND = 20;
const ROUNDS = 21;
const WARM_UP_ROUNDS = 8;
/** Fields with default values may be left out. */
const MOST_BYTES_APART = 3;

const buffer = new MetricBuffer();
const lane = admissionTo(0);

/** @returns the bytes of a request */
type Encode = (collection: ResourceMetrics) => number;

const upstream: Encode = (collection) => ProtobufMetricsSerializer.serializeRequest(collection)?.length ?? 0;

/** All that happens to the points of a collection that is delivered, without the controller and the transport. */
const spillway: Encode = (collection) => {
  forEachPoint(collection, (point) => void buffer.push(point, lane));
  const batch = buffer.take(Infinity, Infinity);
  const { byteLength } = buffer.assembleRequest(batch);
  buffer.release(batch);
  return byteLength;
};

const figures: CollectionFigures[] = [];
for (const [kind, collection] of await collectionsByKind()) {
  const bytes = { upstream: upstream(collection), spillway: spillway(collection) };
  // An encoder that loses fields would look fast.
  if (Math.abs(bytes.upstream - bytes.spillway) > MOST_BYTES_APART * SERIES)
    throw new Error(`${kind}: a request has ${bytes.upstream} bytes by upstream and ${bytes.spillway} by Spillway`);
  figures.push({ kind, ...measure(collection) });
}
console.log(JSON.stringify(figures));

function measure(collection: ResourceMetrics): { upstream: EncodingCost; spillway: EncodingCost } {
  const micros = { upstream: [] as number[], spillway: [] as number[] };
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const costs = { upstream: microsPerPoint(collection, upstream), spillway: microsPerPoint(collection, spillway) };
    if (round < 0) continue;
    micros.upstream.push(costs.upstream);
    micros.spillway.push(costs.spillway);
  }
  return {
    upstream: { micros: median(micros.upstream), heapBytes: heapBytesPerPoint(collection, upstream) },
    spillway: { micros: median(micros.spillway), heapBytes: heapBytesPerPoint(collection, spillway) },
  };
}

function microsPerPoint(collection: ResourceMetrics, encode: Encode): number {
  const start = process.cpuUsage();
  for (let count = 0; count < COLLECTIONS_PER_ROUND; count += 1) encode(collection);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / (COLLECTIONS_PER_ROUND * SERIES);
}

/** The young generation is never full, so the difference between two readings is what was allocated. */
function heapBytesPerPoint(collection: ResourceMetrics, encode: Encode): number {
  if (globalThis.gc === undefined) throw new Error('the process was started without --expose-gc');
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < COLLECTIONS_PER_ROUND; count += 1) encode(collection);
  return (process.memoryUsage().heapUsed - before) / (COLLECTIONS_PER_ROUND * SERIES);
}
