/** Measures what each way to compress costs, together with sending what it leaves: bytes and CPU, for each span. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress, type ZlibOptions, type ZstdOptions } from 'node:zlib';
import { admissionTo } from '@spillway/backpressure';
import { EncodedBuffer } from '@spillway/otlp';
import { createTransport, type OtlpTransport } from '@spillway/otlp/transport';
import { SpanEncoder } from '@spillway/trace';
import { carryOutPlan } from '../measured-program.ts';
import { median } from '../statistics.ts';
import { productionSpans } from './production-spans.ts';
import type { CompressionCost, CompressionFigures } from './protocol.ts';

/** A busy process sends requests of about this size. */
const SPANS_PER_REQUEST = 2_048;
const REQUESTS = 16;
const ROUNDS = 9;

/** As in the transport. */
const CHUNK_BYTES = 64 * 1024;

const gzipBuffer = promisify<Uint8Array, ZlibOptions, Uint8Array>(gzip);
const zstdBuffer = promisify<Uint8Array, ZstdOptions, Uint8Array>(zstdCompress);

type Compress = (body: Uint8Array) => Promise<Uint8Array>;

const gzipAt =
  (level: number): Compress =>
  (body) =>
    gzipBuffer(body, { chunkSize: CHUNK_BYTES, level });
const zstdAt =
  (level: number): Compress =>
  (body) =>
    zstdBuffer(body, { chunkSize: CHUNK_BYTES, params: { [constants.ZSTD_c_compressionLevel]: level } });

const WAYS: Readonly<Record<string, Compress>> = {
  none: async (body) => body,
  'gzip 1': gzipAt(1),
  'gzip 3': gzipAt(3),
  'gzip 6': gzipAt(6),
  'zstd 1': zstdAt(1),
  'zstd 3': zstdAt(3),
};

carryOutPlan(measure);

async function measure(): Promise<CompressionFigures> {
  const receiver = fork(fileURLToPath(new URL('receiver.ts', import.meta.url)));
  const [port] = (await once(receiver, 'message')) as [number];
  const transport = createTransport('http/protobuf', 'traces', { url: `http://127.0.0.1:${port}/`, proxyEnv: {} });
  const bodies = requestBodies();
  const costs = new Map<string, CompressionCost[]>();
  // The ways take turns, so that a disturbance affects all of them. The first round only warms up the compiler.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, compress] of Object.entries(WAYS)) {
      const cost = await costOf(compress, bodies, transport);
      if (round > 0) costs.set(name, [...(costs.get(name) ?? []), cost]);
    }
  }
  await transport.shutdown();
  receiver.disconnect();
  return Object.fromEntries([...costs].map(([name, all]) => [name, middleOf(all)]));
}

/** Encoded by Spillway, as its pipelines hold them. */
function requestBodies(): readonly Uint8Array[] {
  const spans = productionSpans(SPANS_PER_REQUEST * REQUESTS);
  const buffer = new EncodedBuffer({ encoder: new SpanEncoder() });
  for (const span of spans) buffer.push(span, admissionTo(0));
  return Array.from({ length: REQUESTS }, () =>
    Buffer.concat(buffer.assembleRequest(buffer.take(SPANS_PER_REQUEST, Infinity)).chunks),
  );
}

async function costOf(
  compress: Compress,
  bodies: readonly Uint8Array[],
  transport: OtlpTransport,
): Promise<CompressionCost> {
  let bytes = 0;
  const process0 = process.cpuUsage();
  const thread0 = process.threadCpuUsage();
  for (const body of bodies) {
    const sent = await compress(body);
    bytes += sent.length;
    const outcome = await transport.send({ chunks: [sent], byteLength: sent.length }, new AbortController().signal);
    if (outcome.kind !== 'delivered') throw outcome.error ?? new Error(outcome.kind);
  }
  const spans = SPANS_PER_REQUEST * REQUESTS;
  return {
    bytes: bytes / spans,
    mainThreadMicros: sum(process.threadCpuUsage(thread0)) / spans,
    processMicros: sum(process.cpuUsage(process0)) / spans,
  };
}

function sum({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

function middleOf(costs: readonly CompressionCost[]): CompressionCost {
  return {
    bytes: median(costs.map(({ bytes }) => bytes)),
    mainThreadMicros: median(costs.map(({ mainThreadMicros }) => mainThreadMicros)),
    processMicros: median(costs.map(({ processMicros }) => processMicros)),
  };
}
