import type { FlushOutcome } from '@spillway/backpressure';
import type { ItemEncoder } from '@spillway/otlp/encoding';
import type { OtlpRequestBody } from '@spillway/otlp/transport';
import {
  ExportPipeline,
  type ItemExporter,
  listFormat,
  OTLP_PARTS,
  type OtlpParts,
  type ProcessorMetrics,
  type RequestSpool,
} from '@spillway/pipeline';
import { expectLaw } from '../../../backpressure/test/accounting-law.ts';
import { now, resetClock, runUntil } from '../../../backpressure/test/simulated-clock.ts';
import { type OutageKind, SimulatedReceiver } from '../../../backpressure/test/simulated-receiver.ts';

/** An item that knows when it was made, in ticks. */
interface Stamped {
  readonly tick: number;
}

export interface LongOutage {
  /** Joined once. */
  readonly spool: RequestSpool;
  readonly itemsPerSecond: number;
  /** Bytes of an encoded item, at least 9 and below 128. */
  readonly itemBytes: number;
  readonly outage: OutageKind;
  readonly outageMs: number;
  /** How long to go on afterwards, at most, until nothing is stored any more. */
  readonly patienceMs: number;
  /** How long to go on when nothing is stored any more. Default 5 s. */
  readonly calmMs?: number;
  /** Called after each tick, for a spool whose work takes real time. */
  readonly breathe?: () => Promise<void>;
}

export interface LongOutageResult {
  readonly metrics: ProcessorMetrics;
  /** From the end of the outage until nothing was stored any more; `Infinity` if it took longer than the patience. */
  readonly drainedAfterMs: number;
  /** From the end of the outage to the first delivery. Until then, the pipeline cannot know that it is over. */
  readonly noticedAfterMs: number;
  /** Longest time from the making of an item after that to its delivery. */
  readonly longestDelayMs: number;
  /** Items that were delivered after the outage and had been made more than that many milliseconds before its end. */
  readonly deliveredOlderThan: (millis: number) => number;
  /** Most items stored at the end of a tick. */
  readonly mostStored: number;
  /** Most items held in memory at the end of a tick. */
  readonly mostHeld: number;
}

const TICK_MS = 100;
/** Before the outage. */
const WARM_UP_MS = 5_000;

/** Requests that take the receiver a fifth of the time that there is. */
const RECEIVER = { itemMs: 0.02, requestMs: 1, roundTripMs: 10, bytesPerMs: Infinity, worksOnAborted: false };

const TAG_ITEM = 0x12;

/** Runs a load before, during and after an outage, in simulated time, until nothing is stored any more. */
export async function runLongOutage(setup: LongOutage): Promise<LongOutageResult> {
  resetClock();
  const receiver = new SimulatedReceiver(RECEIVER);
  const outageEnd = WARM_UP_MS + setup.outageMs;
  let longestDelayMs = 0;
  const backlog: { readonly madeAt: number; readonly items: number }[] = [];
  let noticedAt = Infinity;
  const send = async (body: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome> => {
    const madeAt = oldestTickIn(body) * TICK_MS;
    const items = Math.floor(body.byteLength / setup.itemBytes);
    const outcome = await receiver.send(items, body.byteLength, signal);
    if (outcome.kind !== 'delivered' || now() < outageEnd) return outcome;
    backlog.push({ madeAt, items });
    noticedAt = Math.min(noticedAt, now());
    if (madeAt >= noticedAt) longestDelayMs = Math.max(longestDelayMs, now() - madeAt);
    return outcome;
  };
  const pipeline = new ExportPipeline<Stamped>(
    'Pipe',
    'traces',
    exporterTo(send, setup.itemBytes),
    { resourceOf: () => undefined },
    { spool: setup.spool },
  );
  let most = { stored: 0, held: 0 };
  let offered = 0;
  const runTo = async (end: number, isOver: () => boolean = () => false): Promise<void> => {
    while (now() < end && !isOver()) {
      const tick = Math.round(now() / TICK_MS);
      for (const due = ((tick + 1) * setup.itemsPerSecond * TICK_MS) / 1_000; offered < due; offered += 1)
        pipeline.offer({ tick });
      await runUntil((tick + 1) * TICK_MS);
      await setup.breathe?.();
      const { bufferSize, inFlight, spool } = pipeline.getMetrics();
      most = { stored: Math.max(most.stored, spool?.items ?? 0), held: Math.max(most.held, bufferSize + inFlight) };
      if (tick % 100 === 0) expectLaw(pipeline);
    }
  };
  await runTo(WARM_UP_MS);
  receiver.outage = setup.outage;
  await runTo(outageEnd);
  receiver.outage = undefined;
  await runTo(outageEnd + setup.patienceMs, () => pipeline.getMetrics().spool?.items === 0);
  const drainedAfterMs = pipeline.getMetrics().spool?.items === 0 ? now() - outageEnd : Infinity;
  // Live data alone, to its end.
  await runTo(now() + (setup.calmMs ?? 5_000));
  await runUntil(now() + 10_000);
  await setup.breathe?.();
  expectLaw(pipeline);
  const metrics = pipeline.getMetrics();
  pipeline.giveUp();
  return {
    metrics,
    drainedAfterMs,
    noticedAfterMs: noticedAt - outageEnd,
    longestDelayMs,
    deliveredOlderThan: (millis) =>
      backlog.filter(({ madeAt }) => madeAt < outageEnd - millis).reduce((sum, { items }) => sum + items, 0),
    mostStored: most.stored,
    mostHeld: most.held,
  };
}

function exporterTo(
  send: OtlpParts<Stamped>['transport']['send'],
  itemBytes: number,
): ItemExporter<Stamped> & { readonly [OTLP_PARTS]: OtlpParts<Stamped> } {
  return {
    [OTLP_PARTS]: {
      newBuffer: listFormat(stampEncoder(itemBytes)).newBuffer,
      transport: { send, shutdown: async () => {} },
      maxRequestBytes: 2 ** 24,
      concurrencyLimit: 32,
    },
    export() {
      throw new Error('items are to come encoded');
    },
    async shutdown() {},
  };
}

function stampEncoder(itemBytes: number): ItemEncoder<Stamped> {
  const scope = { name: 'load' };
  const resource = { attributes: {} };
  return {
    encode({ tick }, writer) {
      writer.reserve(itemBytes);
      writer.putVarint(TAG_ITEM);
      writer.putVarint(itemBytes - 2);
      writer.putFixed32(tick);
      writer.position += itemBytes - 6;
    },
    scopeOf: () => scope,
    resourceOf: () => resource,
  };
}

/** The items of a request are in order, and the first one is near its beginning. */
function oldestTickIn({ chunks }: OtlpRequestBody): number {
  const start = Buffer.concat(chunks.slice(0, 2)).subarray(0, 200);
  const [resource] = contentOf(start, 0, 1);
  const [scope] = contentOf(start, resource, 2);
  const [item] = contentOf(start, scope, 2);
  return start.readUInt32LE(item);
}

/** @returns where the content of the first field with that number begins, and where it ends */
function contentOf(message: Buffer, from: number, number: number): [start: number, end: number] {
  for (let position = from; ;) {
    const found = (message[position] as number) >> 3;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      position += 1;
      const byte = message[position] as number;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    position += 1;
    if (found === number) return [position, position + length];
    position += length;
  }
}
