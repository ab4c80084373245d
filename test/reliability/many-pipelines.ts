import { setTimeout as sleep } from 'node:timers/promises';
import { spawnCollector } from '../collector/src/index.ts';
import { openPipeline } from '../faults/pipeline.ts';
import { footprint, growth } from '../soak/footprint.ts';
import { exporterTo, urlFor, type Wire } from '../faults/wire.ts';

/** Pipelines open at a time. */
const SIDE_BY_SIDE = 100;
/** After this many pipelines, all code has been loaded and compiled. */
const WARM_UP = 600;
/** No program listens there, because the port needs privileges. */
const NOWHERE = 'http://127.0.0.1:1';
const CUT_SHORT_MILLIS = 20;
/** A channel of gRPC that could not connect leaves a timer for its next attempt, although it is closed. */
const GRPC_PAUSE_MILLIS = 2_500;
const FATES = ['idle', 'cut short', 'delivers'] as const;

/** What many pipelines leave behind. */
export interface ManyPipelines {
  readonly count: number;
  readonly seconds: number;
  /** Growth of the heap and external memory. */
  readonly grownBytes: number;
  /** Timers and sockets that are open and were not before. */
  readonly openMore: number;
  /** Growth beyond the margin of the soak. */
  readonly leaks: readonly string[];
  /** Items that arrived, and the expected number. */
  readonly arrived: number;
  readonly expected: number;
}

/**
 * Makes pipelines of both signals and shuts them down. Of every three, one has no items, one delivers, and one gives up
 * at its deadline.
 */
export async function openAndShut(count: number, wire: Wire): Promise<ManyPipelines> {
  await using collector = await spawnCollector({ decode: 'ids', grpc: true });
  const url = urlFor(wire, collector);
  const atFirst = await footprint();
  await openAndShutSome(WARM_UP, wire, url);
  await collector.reset();
  const before = await footprint();
  const startedAt = performance.now();
  await openAndShutSome(count, wire, url);
  const seconds = (performance.now() - startedAt) / 1_000;
  await sleep(GRPC_PAUSE_MILLIS);
  const after = await footprint();
  const { items } = await collector.counts();
  return {
    count,
    seconds,
    grownBytes: after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes,
    openMore: after.open.length - atFirst.open.length,
    leaks: growth({ ...before, open: atFirst.open, active: atFirst.active }, after),
    arrived: items,
    expected: Math.floor(count / FATES.length),
  };
}

async function openAndShutSome(count: number, wire: Wire, url: string): Promise<void> {
  for (let opened = 0; opened < count; opened += SIDE_BY_SIDE) {
    await Promise.all(
      Array.from({ length: Math.min(SIDE_BY_SIDE, count - opened) }, (_, index) =>
        openAndShutOne(opened + index, wire, url),
      ),
    );
  }
}

async function openAndShutOne(index: number, wire: Wire, url: string): Promise<void> {
  const signal = index % 2 === 0 ? 'traces' : 'logs';
  const fate = FATES[index % FATES.length];
  const pipeline = openPipeline(signal, {
    exporter: exporterTo(wire, fate === 'cut short' ? NOWHERE : url, signal),
    processor: { ...(fate === 'cut short' && { drainTimeoutMillis: CUT_SHORT_MILLIS }) },
    nextId: () => (index + 1).toString(16).padStart(16, '0'),
  });
  if (fate !== 'idle') pipeline.emit('GET /');
  await pipeline.shutdown();
}
