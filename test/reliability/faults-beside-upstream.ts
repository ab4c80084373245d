import type { ReadFault } from '../collector/src/index.ts';
import type { Pace } from './pace.ts';
import { POISON_ID } from './phased-ids.ts';
import { Relay } from './relay.ts';
import { direct, faultOf, type ReliabilityFault } from './reliability-fault.ts';
import type { Way } from './scene.ts';
import { urlFor } from '../faults/wire.ts';

/** A receiver that takes 333 items a second. */
const ITEM_MILLIS = 3;
const LINK_BYTES_A_SECOND = 100_000;
const LINK_LOAD_BYTES_A_SECOND = 40_000;
const LINK_TEXT_BYTES = 2_000;
/** About this many bytes in addition to the text. */
const BYTES_BESIDE_TEXT = 110;
const SIGNALS = 2;

/**
 * Faults that last as long as the process, or that return. Comparing with upstream shows whether other items keep
 * flowing.
 */
export const FAULTS_BESIDE_UPSTREAM: readonly ReliabilityFault[] = [
  poisonFault('Each request that carries one certain item is reset', { kind: 'reset' }),
  poisonFault('Each request that carries one certain item is answered 504', { kind: 'status', code: 504 }),
  poisonFault('Each request that carries one certain item is never answered', { kind: 'hang' }),
  poisonFault('Each request that carries one certain item is answered with bytes that are not HTTP', {
    kind: 'not-http',
  }),
  {
    name: 'It needs 3 ms an item, one request at a time, and has answered 503 before',
    effect: 'retry',
    adapt: (pace) => afterAnOutage(pace, 1_000 / ITEM_MILLIS / 3 / SIGNALS),
    open: direct,
    begin: ({ collector }) => collector.setFault({ kind: 'status', code: 503 }),
    end: ({ collector }) =>
      collector.setFault({
        kind: 'limited',
        concurrency: 1,
        serviceMillis: 0,
        itemMillis: ITEM_MILLIS,
        servesAbandoned: true,
      }),
  },
  faultOf<Way & { readonly relay: Relay }>({
    name: 'It is behind a link of 100 kB/s, which has been cut before',
    effect: 'retry',
    adapt: (pace) => ({
      ...afterAnOutage(pace, LINK_LOAD_BYTES_A_SECOND / (LINK_TEXT_BYTES + BYTES_BESIDE_TEXT) / SIGNALS),
      text: 'x'.repeat(LINK_TEXT_BYTES),
    }),
    open: async (collector, _pace, wire) => {
      const port = Number(new URL(urlFor(wire, collector)).port);
      const relay = await Relay.start(port, { bytesPerSecond: LINK_BYTES_A_SECOND });
      return { url: `http://127.0.0.1:${relay.port}`, relay, close: () => relay.close() };
    },
    begin: async ({ way: { relay } }) => relay.cut(),
    end: async ({ way: { relay } }) => relay.comeBack(),
  }),
  {
    name: 'It answers 413 to everything',
    // Three refusals of single items in a row are believed. After that, the collector is assumed to refuse everything,
    // and all items are kept.
    effect: { loses: ['too_large'], most: 3 },
    // About a probe a second.
    mostRequestsASecond: 4,
    line: /rejects everything as too large/,
    adapt: (pace) => ({
      ...pace,
      itemsASecond: pace.itemsASecond / 2,
      // The requests of the second half are counted, when the batches have been divided down to single items.
      faultMillis: Math.max(4 * pace.faultMillis, 4_000),
      maxQueueBytes: 5 * pace.maxQueueBytes,
    }),
    open: direct,
    begin: ({ collector }) => collector.setFault({ kind: 'status', code: 413 }),
    end: ({ collector }) => collector.heal(),
  },
];

/** A poison item ends as `undeliverable`; the load goes on until it has. */
function poisonFault(name: string, fault: ReadFault): ReliabilityFault {
  return {
    name,
    effect: { loses: ['undeliverable'], most: 1 },
    mostCopies: 40,
    adapt: (pace) => ({
      ...pace,
      itemsASecond: pace.itemsASecond / 10,
      faultMillis: 4 * pace.faultMillis,
      timeoutMillis: 0.5 * pace.timeoutMillis,
    }),
    open: direct,
    begin: async ({ collector, pipelines, pace }) => {
      await collector.setFault({ kind: 'poison', id: POISON_ID, fault });
      for (const pipeline of pipelines) pipeline.emitPoison(pace.text);
    },
    end: () => Promise.resolve(),
  };
}

/** The outage is so long that sending the held items takes several times as long as one request may take. */
function afterAnOutage(pace: Pace, itemsASecond: number): Pace {
  return { ...pace, itemsASecond, faultMillis: 5 * pace.faultMillis, timeoutMillis: pace.faultMillis / 2 };
}
