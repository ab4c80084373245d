/**
 * Measures what it costs to store requests in files, beside two databases that can do it in a process: bytes, CPU and time, for
 * each span. Nothing is synced, so that the disk of the machine is not what is measured.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admissionTo } from '@spillway/backpressure';
import { EncodedBuffer } from '@spillway/otlp';
import type { OtlpRequestBody } from '@spillway/otlp/transport';
import { SpanEncoder } from '@spillway/trace';
import { productionSpans } from '../compression/production-spans.ts';
import { carryOutPlan } from '../measured-program.ts';
import { median } from '../statistics.ts';
import { type RequestStore, STORES } from './request-stores.ts';
import type { SpoolFigures, StoringCost } from './protocol.ts';

/** What a pipeline gives to a spool at once is a request of about this size. */
const SPANS_PER_REQUEST = 512;
const REQUESTS = 128;
const ROUNDS = 5;
const SPANS = SPANS_PER_REQUEST * REQUESTS;

carryOutPlan(measure);

async function measure(): Promise<SpoolFigures> {
  const spans = productionSpans(SPANS_PER_REQUEST * 16);
  const bodies = requestBodies(spans);
  const encoding: number[] = [];
  const costs = new Map<string, StoringCost[]>();
  const replays: Replay[] = [];
  // The ways take turns, so that a disturbance affects all of them. The first round only warms up the compiler.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const micros = encodingMicros(spans);
    if (round > 0) encoding.push(micros);
    for (const [name, open] of Object.entries(STORES)) {
      const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'));
      const store = open(folder);
      const cost = await costOf(store, bodies);
      const replay = store.replay && (await replayed(store.replay));
      await store.close();
      rmSync(folder, { recursive: true, force: true });
      if (round === 0) continue;
      costs.set(name, [...(costs.get(name) ?? []), cost]);
      if (replay !== undefined) replays.push(replay);
    }
  }
  return {
    encodingMicros: median(encoding),
    ways: Object.fromEntries([...costs].map(([name, all]) => [name, middleOf(all)])),
    replayMicros: median(replays.map(({ micros }) => micros)),
    replaySpansPerSecond: median(replays.map(({ spansPerSecond }) => spansPerSecond)),
  };
}

type Spans = ReturnType<typeof productionSpans>;

/** Into a buffer, as a pipeline does it. */
function encodingMicros(spans: Spans): number {
  const buffer = new EncodedBuffer({ encoder: new SpanEncoder() });
  const start = process.threadCpuUsage();
  for (const span of spans) buffer.push(span, admissionTo(0));
  return sum(process.threadCpuUsage(start)) / spans.length;
}

/** Assembled by a pipeline: views of many pieces of memory. */
function requestBodies(spans: Spans): readonly OtlpRequestBody[] {
  const buffer = new EncodedBuffer({ encoder: new SpanEncoder() });
  for (const span of spans) buffer.push(span, admissionTo(0));
  const bodies: OtlpRequestBody[] = [];
  for (let taken = 0; taken < spans.length; taken += SPANS_PER_REQUEST)
    bodies.push(buffer.assembleRequest(buffer.take(SPANS_PER_REQUEST, Infinity)));
  return bodies;
}

async function costOf(store: RequestStore, bodies: readonly OtlpRequestBody[]): Promise<StoringCost> {
  let bytes = 0;
  const process0 = process.cpuUsage();
  const thread0 = process.threadCpuUsage();
  const time0 = performance.now();
  for (let request = 0; request < REQUESTS; request += 1) {
    const body = bodies[request % bodies.length] as OtlpRequestBody;
    bytes += body.byteLength;
    await store.append(request, SPANS_PER_REQUEST, body);
  }
  await store.written();
  const seconds = (performance.now() - time0) / 1_000;
  return {
    mainThreadMicros: sum(process.threadCpuUsage(thread0)) / SPANS,
    processMicros: sum(process.cpuUsage(process0)) / SPANS,
    spansPerSecond: SPANS / seconds,
    diskBytesPerByte: store.files().reduce((total, path) => total + usedBytes(path), 0) / bytes,
  };
}

interface Replay {
  readonly micros: number;
  readonly spansPerSecond: number;
}

async function replayed(replay: () => Promise<number>): Promise<Replay> {
  const process0 = process.cpuUsage();
  const time0 = performance.now();
  const items = await replay();
  if (items !== SPANS) throw new Error(`${items} of ${SPANS} spans came back`);
  return {
    micros: sum(process.cpuUsage(process0)) / SPANS,
    spansPerSecond: (SPANS * 1_000) / (performance.now() - time0),
  };
}

/** What the file takes of the disk, which is less than its length if it has holes. */
function usedBytes(path: string): number {
  return statSync(path).blocks * 512;
}

function sum({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

function middleOf(costs: readonly StoringCost[]): StoringCost {
  const middle = (figure: keyof StoringCost): number => median(costs.map((cost) => cost[figure]));
  return {
    mainThreadMicros: middle('mainThreadMicros'),
    processMicros: middle('processMicros'),
    spansPerSecond: middle('spansPerSecond'),
    diskBytesPerByte: middle('diskBytesPerByte'),
  };
}
