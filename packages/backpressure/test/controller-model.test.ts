import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { FlushOutcome } from '../src/index.ts';
import { expectLaw } from './accounting-law.ts';
import { type ModelSetup, ModelledController } from './controller-model.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { delivered, refused, retry, throttled, tooLarge, unreachable } from './held-consumer.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/adaptive-concurrency.ts', () => import('./fixed-concurrency.ts'));

type Command = fc.AsyncCommand<object, ModelledController>;

/** One step of a run. After each command, everything that must hold is checked. */
function command(name: string, act: (subject: ModelledController) => void | Promise<void>): Command {
  return {
    check: () => true,
    async run(_, subject) {
      await act(subject);
      await settle();
      subject.expectConsistent();
    },
    toString: () => name,
  };
}

const lane = fc.constantFrom(0, 0, 0, 1, 2);
const bytes = fc.integer({ min: 0, max: 9 });
const timeoutMs = fc.constantFrom(0, 1, 500, 5_000, 10_000);
const which = fc.nat({ max: 2 });

const outcome: fc.Arbitrary<FlushOutcome> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(delivered) },
  { weight: 2, arbitrary: fc.nat({ max: 4 }).map((rejected): FlushOutcome => ({ kind: 'delivered', rejected })) },
  { weight: 4, arbitrary: fc.constantFrom(retry, unreachable) },
  { weight: 2, arbitrary: fc.constantFrom(0, 10, 700, 3_000).map((retryAfterMs) => throttled(retryAfterMs)) },
  { weight: 2, arbitrary: fc.constant(tooLarge) },
  { weight: 1, arbitrary: fc.constant(refused) },
);

const commands = [
  fc.tuple(lane, bytes, fc.integer({ min: 1, max: 5 })).map(([itemLane, itemBytes, count]) =>
    command(`tryPush(lane ${itemLane}, ${itemBytes} bytes) x ${count}`, (subject) => {
      for (let index = 0; index < count; index += 1) subject.tryPush(itemLane, itemBytes);
    }),
  ),
  fc.tuple(lane, bytes, fc.integer({ min: 1, max: 5 })).map(([itemLane, itemBytes, count]) =>
    command(`push(lane ${itemLane}, ${itemBytes} bytes) x ${count}`, (subject) => {
      for (let index = 0; index < count; index += 1) subject.push(itemLane, itemBytes);
    }),
  ),
  ...[1, 2, 3].map(() =>
    fc.tuple(which, outcome).map(([index, answer]) =>
      command(`answer flush ${index}: ${JSON.stringify(answer)}`, (subject) => {
        const flush = subject.openFlushes[index % Math.max(subject.openFlushes.length, 1)];
        if (flush !== undefined) subject.answer(flush, answer);
      }),
    ),
  ),
  fc
    .tuple(which, outcome)
    .map(([index, answer]) =>
      command(`answer late ${index}: ${JSON.stringify(answer)}`, (subject) =>
        subject.abandonedFlushes[index]?.answer(answer),
      ),
    ),
  fc.constantFrom(1, 50, 100, 250, 1_000, 3_000, 5_000).map((time) => command(`advance(${time})`, () => advance(time))),
  fc.constantFrom(2_000, 20_000).map((time) =>
    command(`deliver for ${time}`, async (subject) => {
      for (let passed = 0; passed < time; passed += 1_000) {
        // Other items must get through, because only that shows that a batch is the reason for its failures.
        subject.tryPush(0, 0);
        for (const flush of [...subject.openFlushes]) subject.answer(flush, delivered);
        await advance(1_000);
      }
    }),
  ),
  fc.constant(command('start()', ({ controller }) => controller.start())),
  fc.constant(command('stop()', ({ controller }) => controller.stop())),
  timeoutMs.map((time) => command(`flush(${time})`, (subject) => subject.flush({ timeoutMs: time }))),
  timeoutMs.map((time) => command(`drain(${time})`, (subject) => subject.drain({ timeoutMs: time }))),
];

const anySetup: fc.Arbitrary<ModelSetup> = fc.record({
  strategy: fc.constantFrom('block', 'drop_oldest', 'drop_newest', 'sample'),
  maxBufferSize: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 30, max: 80 })),
  batchSize: fc.integer({ min: 1, max: 8 }),
  maxConcurrentFlushes: fc.constantFrom(1, 3),
  maxBufferBytes: fc.constantFrom(Infinity, 20),
  heedsAbort: fc.boolean(),
  hasPoison: fc.boolean(),
});

const someCommands = fc.commands(commands, { maxCommands: 60, size: 'max' });

async function run(setup: ModelSetup, sequence: Iterable<Command>): Promise<void> {
  resetClock();
  const subject = new ModelledController(setup);
  subject.controller.start();
  await fc.asyncModelRun(() => ({ model: {}, real: subject }), sequence);
  // The faults end.
  subject.isMended = true;
  const begin = subject.consumer.onFlush;
  subject.consumer.onFlush = (flush) => {
    begin?.(flush);
    subject.answer(flush, delivered);
  };
  for (const flush of [...subject.openFlushes]) subject.answer(flush, delivered);
  subject.controller.start();
  await advance(30_000);
  subject.expectAllSettled();
}

async function runToHandOver(setup: ModelSetup, sequence: Iterable<Command>): Promise<void> {
  resetClock();
  const subject = new ModelledController(setup);
  subject.controller.start();
  await fc.asyncModelRun(() => ({ model: {}, real: subject }), sequence);
  const started = subject.consumer.flushes.length;
  subject.handOver();
  for (const flush of subject.consumer.open) flush.answer(delivered);
  subject.controller.start();
  await advance(30_000);
  expect(subject.consumer.flushes, 'nothing is sent afterwards').toHaveLength(started);
  expectLaw(subject.controller);
}

// Its hundreds of simulated runs take 7 s alone, and several times that beside other work.
describe('the controller and a model of it', { timeout: 90_000 }, () => {
  it('agree on the items that a hand-over gives, whenever it comes', async () => {
    await fc.assert(fc.asyncProperty(anySetup, someCommands, runToHandOver), { numRuns: 250 });
  });

  it('agree on order, bounds and counters with strategy block and one flush in flight, whatever happens, and nothing is lost', async () => {
    const setup = anySetup.map((any): ModelSetup => ({ ...any, strategy: 'block', maxConcurrentFlushes: 1 }));
    await fc.assert(fc.asyncProperty(setup, someCommands, run), { numRuns: 150 });
  });

  it('agree with every strategy and several flushes in flight', async () => {
    await fc.assert(fc.asyncProperty(anySetup, someCommands, run), { numRuns: 250 });
  });
});
