import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Destination, type FlushOutcome } from '../src/index.ts';
import { advance, now, resetClock, settle } from './fake-clock.ts';
import { setRandom } from './fake-random.ts';
import { HeldConsumer, numbers, refused, retry, throttled, unreachable } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';
import { type Fault, quantile, type SeenFlush, SimulatedOutages } from './simulated-outages.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

type Config = NonNullable<Parameters<typeof lawfulController<number>>[1]>;

const startsOf = (flushes: readonly SeenFlush[], pipeline?: number): number[] =>
  flushes.filter(({ by }) => pipeline === undefined || by === pipeline).map(({ at }) => at);
const pausesBetween = (starts: readonly number[]): number[] =>
  starts.slice(1).map((at, index) => at - (starts[index] ?? 0));

/**
 * Started controllers of one destination. Each has batches of one item, has been answered once, and has nothing queued.
 */
async function wellKnown(...configs: Config[]) {
  const destination = new Destination();
  const pipelines = configs.map((config) => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, { destination, batchSize: 1, ...config });
    controller.start();
    controller.tryPush(0);
    return { consumer, controller };
  });
  await settle();
  for (const { consumer } of pipelines) consumer.last.answer();
  await settle();
  /** Every pipeline fails and goes on failing, until the circuit is open for all of them. */
  const fail = async (outcome: FlushOutcome = retry): Promise<void> => {
    for (const { consumer, controller } of pipelines) {
      consumer.automatic = outcome;
      controller.tryPush(1);
    }
    await advance(3_000);
  };
  return { destination, pipelines, fail };
}

const two = async (a: Config = {}, b: Config = {}) => {
  const { pipelines, ...rest } = await wellKnown(a, b);
  const [first, second] = pipelines;
  if (first === undefined || second === undefined) throw new Error('two pipelines were expected');
  return { a: first, b: second, ...rest };
};

describe('after an outage of up to a minute', () => {
  it.each([
    ['refused', 1],
    ['refused', 2],
    ['refused', 3],
    ['unavailable', 2],
    ['broken', 3],
  ] as [Fault, number][])(
    'of a consumer that is %s, each of %i pipelines is answered again within 1 s at the median and 2 s at the 95th percentile',
    async (fault, pipelines) => {
      const subject = new SimulatedOutages({ pipelines, destination: new Destination(), seed: pipelines });
      await subject.run(2_000);
      const recoveries: number[][] = [];
      for (let outage = 0; outage < 30; outage += 1) {
        recoveries.push(await subject.outage(fault, 200 * 300 ** subject.random()));
        await subject.run(1_000);
      }
      for (let pipeline = 0; pipeline < pipelines; pipeline += 1) {
        const times = recoveries.map((all) => all[pipeline] ?? Infinity);
        expect(quantile(times, 0.5)).toBeLessThan(1_000);
        expect(quantile(times, 0.95)).toBeLessThan(2_000);
      }
      // One answer ends the outage for all. They differ only in when each has an item to send.
      for (const times of recoveries) expect(Math.max(...times) - Math.min(...times)).toBeLessThan(300);
    },
  );

  it('of a consumer that swallows everything, each of two pipelines is answered again only a little later than that', async () => {
    const subject = new SimulatedOutages({ pipelines: 2, destination: new Destination(), seed: 1 });
    await subject.run(2_000);
    const times: number[] = [];
    for (let outage = 0; outage < 30; outage += 1) {
      times.push(Math.max(...(await subject.outage('black hole', 1_000 * 60 ** subject.random()))));
      await subject.run(11_000);
    }
    expect(quantile(times, 0.5)).toBeLessThan(1_250);
    expect(quantile(times, 0.95)).toBeLessThan(3_000);
  });
});

describe('after an outage of an hour', () => {
  it('each of three pipelines is answered again within 6 s', async () => {
    const subject = new SimulatedOutages({
      pipelines: 3,
      destination: new Destination(),
      seed: 1,
      periodOf: () => 10_000,
    });
    await subject.run(20_000);
    for (const time of await subject.outage('refused', 3_600_000)) expect(time).toBeLessThan(6_000);
  });
});

describe('during an outage', () => {
  const duringOutage = async (pipelines: number, milliseconds: number, roundTripMs = 5) => {
    const subject = new SimulatedOutages({ pipelines, destination: new Destination(), seed: 3, roundTripMs });
    await subject.run(2_000);
    const from = now();
    await subject.outage('unavailable', milliseconds);
    return { flushes: subject.flushes.filter(({ at }) => at < from + milliseconds), from };
  };

  it.each([1, 2, 3, 8])('%i pipelines together probe every half to one second, each in its turn', async (pipelines) => {
    const { flushes, from } = await duringOutage(pipelines, 60_000);
    const probes = flushes.filter(({ at }) => at > from + 3_000);
    const pauses = pausesBetween(startsOf(probes));
    expect(Math.min(...pauses)).toBeGreaterThan(490);
    expect(Math.max(...pauses)).toBeLessThan(1_100);
    for (let pipeline = 0; pipeline < pipelines; pipeline += 1) {
      expect(Math.abs(startsOf(probes, pipeline).length - probes.length / pipelines)).toBeLessThanOrEqual(1);
    }
  });

  it.each([2, 3])('%i pipelines take turns even if a failure takes a third of a second', async (pipelines) => {
    const { flushes, from } = await duringOutage(pipelines, 60_000, 333);
    const probes = flushes.filter(({ at }) => at > from + 5_000);
    expect(Math.max(...pausesBetween(startsOf(probes)))).toBeLessThan(1_500);
    for (let pipeline = 0; pipeline < pipelines; pipeline += 1) {
      expect(Math.abs(startsOf(probes, pipeline).length - probes.length / pipelines)).toBeLessThanOrEqual(1);
    }
  });

  it('ten stopped pipelines cost the one that goes on no more than one turn each', async () => {
    const { pipelines, fail } = await wellKnown(...numbers(0, 10).map(() => ({})));
    await fail();
    for (const { controller } of pipelines.slice(1)) controller.stop();
    await advance(5_000);
    const from = now();
    await advance(20_000);
    const starts = pipelines[0]?.consumer.flushes.map(({ at }) => at).filter((at) => at > from) ?? [];
    for (const pause of pausesBetween(starts)) expect(pause).toBeCloseTo(750);
  });

  it('three pipelines together probe less and less often after the first minute, down to every 2.5 to 5 s', async () => {
    const { flushes, from } = await duringOutage(3, 600_000);
    const pausesAt = (seconds: number) =>
      pausesBetween(
        startsOf(flushes).filter((at) => at > from + seconds * 1_000 && at < from + (seconds + 30) * 1_000),
      );
    expect(Math.max(...pausesAt(30))).toBeLessThan(1_100);
    expect(quantile(pausesAt(150), 0.5)).toBeGreaterThan(1_250);
    expect(Math.min(...pausesAt(400))).toBeGreaterThan(2_490);
    expect(Math.max(...pausesAt(400))).toBeLessThan(5_100);
  });

  it('pipelines that were never answered take turns too, so a page with a blocker probes every 2.5 to 5 s', async () => {
    const subject = new SimulatedOutages({ pipelines: 3, destination: new Destination(), seed: 5 });
    await subject.outage('refused', 360_000);
    const late = startsOf(subject.flushes).filter((at) => at > 300_000 && at < 360_000);
    expect(late.length).toBeGreaterThan(11);
    expect(late.length).toBeLessThan(25);
  });

  it('a probe that hangs stops the others from probing for a second, and not for a whole flush time-out', async () => {
    const { a, b, fail } = await two({ flushTimeoutMs: 30_000 });
    await fail();
    a.consumer.automatic = undefined;
    const count = a.consumer.flushes.length;
    while (a.consumer.flushes.length === count) await advance(10);
    const hangsSince = a.consumer.last.at;
    await advance(1_100);
    expect(b.consumer.last.at - hangsSince).toBeGreaterThan(0);
    expect(b.consumer.last.at - hangsSince).toBeLessThanOrEqual(1_050);
  });

  it.each([
    ['stopped', (controller: ReturnType<typeof lawfulController<number>>) => controller.stop()],
    ['closed', (controller: ReturnType<typeof lawfulController<number>>) => void controller.close({ timeoutMs: 0 })],
    ['handed over', (controller: ReturnType<typeof lawfulController<number>>) => void controller.handOver(() => true)],
  ])('a pipeline that is %s during its turn does not stop the others', async (_, end) => {
    for (const isProbing of [false, true]) {
      resetClock();
      const { a, b, fail } = await two();
      await fail();
      if (isProbing) a.consumer.automatic = undefined;
      const count = a.consumer.flushes.length;
      while (a.consumer.flushes.length === count) await advance(10);
      if (!isProbing) while (b.consumer.last.at < a.consumer.last.at) await advance(10);
      end(a.controller);
      const from = now();
      await advance(3_000);
      expect(b.consumer.flushes.filter(({ at }) => at > from).length).toBeGreaterThanOrEqual(2);
    }
  });

  it('a pipeline whose items have all expired leaves its turn to the others', async () => {
    const { a, b, fail } = await two({ maxAgeMs: 4_000 });
    await fail();
    await advance(5_000);
    expect(a.controller.getMetrics()).toMatchObject({ bufferSize: 0, inFlight: 0 });
    const from = now();
    await advance(10_000);
    expect(
      pausesBetween(b.consumer.flushes.filter(({ at }) => at > from).map(({ at }) => at)).every(
        (pause) => pause < 1_100,
      ),
    ).toBe(true);
  });

  it('a pipeline with its own longer maxBackoffMs keeps to it, and is still freed by the first answer', async () => {
    const { a, b, fail } = await two({ retry: { initialBackoffMs: 20_000, maxBackoffMs: 20_000 } });
    await fail();
    const count = a.consumer.flushes.length;
    await advance(10_000);
    expect(a.consumer.flushes).toHaveLength(count);
    expect(b.consumer.flushes.length).toBeGreaterThan(10);
    a.consumer.automatic = b.consumer.automatic = { kind: 'delivered' };
    await advance(1_000);
    expect(a.controller.getMetrics()).toMatchObject({ eventsFlushed: 2, circuit: 'closed' });
  });

  it('a drain retries at least once a second, however long the outage has lasted', async () => {
    const { a, b, fail } = await two();
    await fail();
    await advance(600_000);
    void a.controller.drain({ timeoutMs: 10_000 });
    const from = now();
    await advance(10_000);
    const starts = [...a.consumer.flushes, ...b.consumer.flushes]
      .map(({ at }) => at)
      .filter((at) => at > from)
      .toSorted((x, y) => x - y);
    expect(a.consumer.flushes.filter(({ at }) => at > from).length).toBeGreaterThanOrEqual(5);
    expect(Math.max(...pausesBetween([from, ...starts]))).toBeLessThanOrEqual(1_050);
  });
});

describe('the first answer that any pipeline gets', () => {
  it.each([
    ['delivered', { kind: 'delivered' }],
    ['refused', refused],
  ] as [string, FlushOutcome][])('ends the outage for all of them immediately: %s', async (_, answer) => {
    const { a, b, fail } = await two({ maxConcurrentFlushes: 8 }, { maxConcurrentFlushes: 8 });
    await fail();
    expect([a, b].map(({ controller }) => controller.getMetrics().circuit)).toEqual(['open', 'open']);
    for (const item of numbers(2, 20)) b.controller.tryPush(item);
    a.consumer.automatic = undefined;
    const count = a.consumer.flushes.length;
    while (a.consumer.flushes.length === count) await advance(10);
    b.consumer.automatic = undefined;
    a.consumer.last.answer(answer);
    await settle();
    // It starts with a few items instead of everything that waits, because its own requests were reset.
    expect(b.controller.getMetrics()).toMatchObject({ circuit: 'closed', flushesInFlight: 1 });
  });

  it('ends it for a pipeline whose own probe hangs, and the other items of that pipeline are sent immediately', async () => {
    const { a, b, fail } = await two({}, { maxConcurrentFlushes: 8 });
    await fail();
    for (const item of numbers(2, 20)) b.controller.tryPush(item);
    b.consumer.automatic = undefined;
    const count = b.consumer.flushes.length;
    while (b.consumer.flushes.length === count) await advance(10);
    a.consumer.automatic = { kind: 'delivered' };
    await advance(1_100);
    expect(b.controller.getMetrics().circuit).toBe('closed');
    expect(b.consumer.flushes.length).toBeGreaterThan(count + 1);
  });

  it('does not open the circuit of a pipeline that has not failed', async () => {
    const { a, b, fail } = await two();
    b.controller.stop();
    await fail();
    a.consumer.automatic = { kind: 'delivered' };
    await advance(1_100);
    b.consumer.automatic = { kind: 'delivered' };
    b.controller.start();
    await advance(100);
    expect(b.controller.getMetrics()).toMatchObject({ eventsFlushed: 2, circuit: 'closed' });
  });
});

describe('a throttle', () => {
  it('of one pipeline pauses only that one', async () => {
    const { a, b } = await two();
    a.consumer.automatic = throttled(30_000);
    b.consumer.automatic = { kind: 'delivered' };
    a.controller.tryPush(1);
    await advance(100);
    const count = a.consumer.flushes.length;
    for (const item of numbers(1, 10)) b.controller.tryPush(item);
    await advance(1_000);
    expect(b.controller.getMetrics()).toMatchObject({ eventsFlushed: 11 });
    await advance(20_000);
    expect(a.consumer.flushes).toHaveLength(count);
  });

  it('of the pipeline that probes leaves the next probe to the others immediately', async () => {
    const { a, b, fail } = await two();
    await fail();
    a.consumer.automatic = throttled(30_000);
    const count = a.consumer.flushes.length;
    while (a.consumer.flushes.length === count) await advance(10);
    expect(b.consumer.last.at).toBe(a.consumer.last.at);
  });
});

describe('a pipeline that always fails while another one is answered', () => {
  const oneBroken = async (seed: number, broken: FlushOutcome) => {
    const subject = new SimulatedOutages({
      pipelines: 2,
      destination: new Destination(),
      seed,
      answerOf: (pipeline) => (pipeline === 1 ? broken : { kind: 'delivered' }),
    });
    await subject.run(2_000);
    return subject;
  };

  it.each([
    ['unavailable', throttled()],
    ['broken', retry],
    ['unreachable', unreachable],
  ])('neither slows the other down nor retries without pause: %s', async (_, broken) => {
    const subject = await oneBroken(1, broken);
    subject.flushes = [];
    await subject.run(60_000);
    expect(startsOf(subject.flushes, 0).length).toBeGreaterThan(235);
    expect(subject.controllers[0]?.getMetrics()).toMatchObject({
      bufferSize: expect.toSatisfy((size: number) => size <= 1),
    });
    // Every half to one second: 60 to 120.
    expect(startsOf(subject.flushes, 1).length).toBeLessThan(125);
    subject.flushes = [];
    await subject.run(600_000);
    expect(startsOf(subject.flushes, 1).length).toBeLessThan(300);
    expect(startsOf(subject.flushes, 0).length).toBeGreaterThan(2_390);
  });

  it('neither slows down another one that rarely sends, nor retries more often because of it', async () => {
    const subject = new SimulatedOutages({
      pipelines: 2,
      destination: new Destination(),
      seed: 1,
      periodOf: (pipeline) => (pipeline === 0 ? 10_000 : 250),
      answerOf: (pipeline) => (pipeline === 1 ? throttled() : { kind: 'delivered' }),
      configOf: () => ({ maxFlushIntervalMs: 100 }),
    });
    await subject.run(600_000);
    subject.flushes = [];
    await subject.run(300_000);
    for (const at of startsOf(subject.flushes, 0)) expect(at % 10_000).toBeLessThanOrEqual(101);
    expect(startsOf(subject.flushes, 1).length).toBeLessThan(100);
  });

  it('is answered within 6 s after its own fault ends', async () => {
    let broken: FlushOutcome = throttled();
    const subject = new SimulatedOutages({
      pipelines: 2,
      destination: new Destination(),
      seed: 1,
      answerOf: (pipeline) => (pipeline === 1 ? broken : { kind: 'delivered' }),
    });
    await subject.run(600_000);
    broken = { kind: 'delivered' };
    const from = now();
    const before = subject.controllers[1]?.getMetrics().eventsFlushed;
    await subject.run(6_000);
    expect(subject.controllers[1]?.getMetrics().eventsFlushed).toBeGreaterThan((before ?? 0) + 1_000);
    expect(now() - from).toBe(6_000);
  });

  it('takes part in the next outage of both, and is freed with the other', async () => {
    const subject = await oneBroken(2, throttled());
    const recoveries: number[] = [];
    for (let outage = 0; outage < 20; outage += 1) {
      recoveries.push((await subject.outage('refused', 3_000 + 10_000 * subject.random()))[0] ?? Infinity);
      await subject.run(2_000);
    }
    expect(quantile(recoveries, 0.5)).toBeLessThan(1_000);
    expect(quantile(recoveries, 0.95)).toBeLessThan(2_000);
  });
});

describe('a destination', () => {
  it('no longer counts as out once the last pipeline that knew about its outage has ended', async () => {
    const { a, b, fail, destination } = await two();
    await fail();
    expect(destination.isOut).toBe(true);
    void a.controller.close({ timeoutMs: 0 });
    await advance(0);
    expect(destination.isOut).toBe(true);
    void b.controller.close({ timeoutMs: 0 });
    await advance(0);
    expect(destination.isOut).toBe(false);
  });
});
