import { setTimeout as sleep } from 'node:timers/promises';
import type { SpawnedCollector } from '../collector/src/index.ts';
import { Gateway, type GatewayTimeout } from './gateway.ts';
import { Http2Gateway } from './http2-gateway.ts';
import { type NameAnswer, Names } from './names.ts';
import type { Pace } from './pace.ts';
import { Relay } from './relay.ts';
import { collectorFault, direct, type FaultEffect, faultOf, type ReliabilityFault } from './reliability-fault.ts';
import type { Scene, Way } from './scene.ts';
import { shiftWallClock, trueTime } from './wall-clock.ts';
import { urlFor, type Wire } from '../faults/wire.ts';

/** Pipelines, each of which sends to a path of its own. */
const SIGNALS = 2;
const HOUR_MILLIS = 3_600_000;
const LOCALHOST = '127.0.0.1';
/** On Linux, all of 127.0.0.0/8 is the machine itself. */
const OTHER_ADDRESS = '127.0.0.2';
/** The approximate encoded size of an item of the load. */
const ITEM_BYTES = 130;

/** Faults of the collector itself, one for each kind that `test/collector` has. */
const OF_COLLECTOR: readonly ReliabilityFault[] = [
  collectorFault('The collector answers late, within the time of a request', 'delay', ({ timeoutMillis }) => ({
    kind: 'latency',
    millis: 0.6 * timeoutMillis,
  })),
  collectorFault('It serves two requests at a time', 'delay', { kind: 'limited', concurrency: 2, serviceMillis: 50 }),
  collectorFault('It answers 429 with `Retry-After: 1`', 'retry', { kind: 'status', code: 429, retryAfter: '1' }),
  collectorFault('It answers 503', 'retry', { kind: 'status', code: 503 }),
  {
    ...collectorFault('It answers 502', 'retry', { kind: 'status', code: 502 }),
    notOverGrpc: 'gRPC has one status, `UNAVAILABLE`, for 502 and 503. A proxy that answers in HTTP alone is below.',
  },
  collectorFault('It answers 400', { loses: ['rejected'] }, { kind: 'status', code: 400 }),
  collectorFault(
    'It rejects 3 items of each batch',
    { loses: ['rejected'] },
    { kind: 'partial-success', rejected: 3, message: 'no room' },
  ),
  // Seven items a request are hundreds of requests a second. At full load, or together with other faults, there would not be
  // enough CPU time.
  {
    ...collectorFault('It answers 413 above 1 kB (a quarter of the load)', 'retry', { kind: 'max-body', bytes: 1_000 }),
    // The delay keeps batches as large as those of the full load, well above 1 kB at each pace. The fault lasts as much
    // longer, so that there are batches in it.
    adapt: (pace) => ({
      ...pace,
      itemsASecond: pace.itemsASecond / 4,
      scheduledDelayMillis: pace.scheduledDelayMillis * 4,
      faultMillis: Math.max(pace.faultMillis, 2_000),
    }),
    runsAlone: true,
  },
  collectorFault('It never answers', 'retry', { kind: 'hang' }),
  collectorFault('It resets the connection in the middle of a request', 'retry', { kind: 'reset-mid-request' }),
  collectorFault('It resets the connection after a request', 'retry', { kind: 'reset' }),
  collectorFault('It takes a request and resets the connection', 'duplicate', { kind: 'reset', keepsItems: true }),
  collectorFault('It takes a request and closes the connection', 'duplicate', {
    kind: 'close-before-answer',
    keepsItems: true,
  }),
  {
    ...collectorFault('It answers 200 before the body is sent', 'none', { kind: 'answer-before-body' }),
    notOverGrpc: 'A server of gRPC has the whole message before it can answer a call with `OK`.',
  },
  {
    ...collectorFault('It answers 503 before the body is sent', 'retry', { kind: 'answer-before-body', code: 503 }),
    notOverGrpc:
      'Only an interceptor of the server can do that. `packages/otlp-grpc/test/outcomes.test.ts` has one call that is refused so.',
  },
  {
    ...collectorFault('It lets its answers drip', 'delay', { kind: 'slow-drip', bytesPerSecond: 200, bytes: 64 }),
    notOverGrpc: 'An answer of gRPC is one small message, which servers write at once.',
  },
  // A collector that takes gRPC puts each answer together before it sends it, which may take longer than a request may.
  {
    ...collectorFault('It answers with 6 MiB', 'delay', { kind: 'huge-response', bytes: 6 * 2 ** 20 }),
    runsAlone: true,
  },
  collectorFault('It answers with garbage', 'none', { kind: 'garbage-response' }),
];

/** Faults of the collector's whole process, and of the path to it. */
const OF_WAY: readonly ReliabilityFault[] = [
  outage('The collector is gone, and comes back', 'retry', (pace) => pace),
  // An item is refused if all held items are in flight when it comes: then neither strategy can give one up for it.
  outage('It is gone for longer than the queue can hold', { loses: ['evicted', 'queue_full'] }, halfOfIt),
  outage('The same, with strategy `sample`', { loses: ['sampled_out', 'evicted', 'queue_full'] }, (pace) => ({
    ...halfOfIt(pace),
    strategy: 'sample',
  })),
  nameFault('Its name resolves to nothing, and connections are cut', 'unknown'),
  nameFault('The look-up of its name gets no answer, and connections are cut', 'silence'),
  faultOf<Way & { readonly names: Names; readonly old: Relay; moved?: Relay }>({
    name: 'It moves to another address, and its name follows later',
    effect: 'retry',
    open: async (collector, _pace, wire) => {
      const old = await Relay.start(portOf(collector, wire));
      const names = new Names({ address: LOCALHOST });
      const way: Way & { readonly names: Names; readonly old: Relay; moved?: Relay } = {
        ...namedWay(names, old.port),
        names,
        old,
        close: async () => way.moved?.close(),
      };
      return way;
    },
    begin: async ({ way, collector, wire }) => {
      const { port } = way.old;
      await way.old.close();
      way.moved = await Relay.start(portOf(collector, wire), { host: OTHER_ADDRESS, port });
    },
    end: async ({ way: { names } }) => void (names.answer = { address: OTHER_ADDRESS }),
  }),
  faultOf<Way & { readonly relay: Relay }>({
    name: 'Its host vanishes: connections are half-open, new ones are not answered',
    effect: 'retry',
    open: async (collector, _pace, wire) => {
      const relay = await Relay.start(portOf(collector, wire));
      return { url: `http://${LOCALHOST}:${relay.port}`, relay, close: () => relay.close() };
    },
    begin: async ({ way: { relay } }) => relay.vanish(),
    end: async ({ way: { relay } }) => relay.comeBack(),
  }),
  gatewayFault('A gateway in front of it answers 504 instead, although it has taken the request', 'answers 504'),
  gatewayFault(
    'A gateway in front of it cuts the connection, although it has taken the request',
    'cuts the connection',
  ),
];

/** Faults of the process that the pipelines run in. */
const OF_PROCESS: readonly ReliabilityFault[] = [
  ...([1, -1] as const).map((direction): ReliabilityFault => ({
    name: `The clock jumps an hour ${direction > 0 ? 'forwards' : 'back'}, and the collector answers 429 with a date`,
    effect: 'retry',
    runsAlone: true,
    notOverGrpc: '`RetryInfo` is a duration, not a date.',
    open: direct,
    begin: async ({ collector, pace }) => {
      shiftWallClock(direction * HOUR_MILLIS);
      await collector.setFault({
        kind: 'status',
        code: 429,
        retryAfter: new Date(trueTime() + pace.faultMillis).toUTCString(),
      });
    },
    end: async ({ collector }) => {
      await collector.heal();
      shiftWallClock(0);
    },
  })),
  {
    name: 'The event loop is blocked for 5 s, while requests are answered',
    effect: 'none',
    runsAlone: true,
    open: direct,
    begin: async (scene) => {
      await scene.collector.setFault({ kind: 'latency', millis: 100 });
      await everyRequestArrived(scene);
      // Block in a turn after which timers come before sockets.
      await new Promise((resolve) => setImmediate(resolve));
      for (const end = performance.now() + scene.pace.blockMillis; performance.now() < end;);
    },
    end: ({ collector }) => collector.heal(),
  },
];

/** Every fault in the table. */
export const FAULTS: readonly ReliabilityFault[] = [...OF_COLLECTOR, ...OF_WAY, ...OF_PROCESS];

/** The queue holds half of the items that come while the fault lasts. */
function halfOfIt(pace: Pace): Pace {
  return { ...pace, maxQueueBytes: Math.round(((pace.itemsASecond * pace.faultMillis) / 1_000 / 2) * ITEM_BYTES) };
}

function outage(name: string, effect: FaultEffect, adapt: (pace: Pace) => Pace): ReliabilityFault {
  return {
    name,
    effect,
    adapt,
    open: direct,
    begin: ({ collector }) => collector.interrupt(),
    end: ({ collector }) => collector.resume(),
  };
}

function nameFault(name: string, answer: NameAnswer): ReliabilityFault {
  return faultOf<Way & { readonly names: Names; readonly relay: Relay }>({
    name,
    effect: 'retry',
    open: async (collector, _pace, wire) => {
      const relay = await Relay.start(portOf(collector, wire));
      const names = new Names({ address: LOCALHOST });
      return { ...namedWay(names, relay.port), names, relay, close: () => relay.close() };
    },
    begin: async ({ way: { names, relay } }) => {
      names.answer = answer;
      relay.cut();
    },
    end: async ({ way: { names, relay } }) => {
      relay.comeBack();
      names.answer = { address: LOCALHOST };
    },
  });
}

function gatewayFault(name: string, onTimeout: GatewayTimeout): ReliabilityFault {
  return faultOf<Way & { readonly gateway: Gateway | Http2Gateway }>({
    name,
    effect: 'duplicate',
    open: async (collector, { timeoutMillis }, wire) => {
      const Kind = wire === 'gRPC' ? Http2Gateway : Gateway;
      const gateway = await Kind.start(urlFor(wire, collector), 0.3 * timeoutMillis, onTimeout);
      return { url: gateway.url, gateway, close: () => gateway.close() };
    },
    begin: async ({ way, collector, pace }) => {
      await collector.setFault({ kind: 'latency', millis: 0.6 * pace.timeoutMillis });
      await way.gateway.timedOut.until(SIGNALS);
    },
    end: ({ collector }) => collector.heal(),
  });
}

function namedWay(names: Names, port: number): Way {
  return {
    url: `http://collector.test:${port}`,
    exporter: { httpAgentOptions: { lookup: names.lookup }, proxyEnv: {} },
  };
}

function portOf(collector: SpawnedCollector, wire: Wire): number {
  return Number(new URL(urlFor(wire, collector)).port);
}

/** Resolves when each pipeline has a request in flight and the collector has received all of them. */
async function everyRequestArrived({ collector, pipelines }: Scene): Promise<void> {
  for (;;) {
    const flights = pipelines.map(({ requestsInFlight }) => requestsInFlight ?? 0);
    const { inFlight } = await collector.counts();
    if (Math.min(...flights) > 0 && inFlight === flights.reduce((sum, count) => sum + count, 0)) return;
    await sleep(1);
  }
}
