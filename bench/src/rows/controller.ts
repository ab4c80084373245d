import { converse } from '../child-process.ts';
import type { ControllerFigures, ControllerMessage } from '../controller/protocol.ts';
import { median } from '../statistics.ts';
import { judge, type Row } from './row.ts';

const CONTROLLER_BENCH = new URL('../controller/main.ts', import.meta.url);
const RUNS = 3;
const TIMEOUT_MILLIS = 120_000;
const WANTED_PER_SECOND = 5e6;
/** "No more", with room for noise and for the effect of 200 times the memory on the CPU's caches. */
const ALLOWED_FACTOR = 1.2;
/** One byte per item allows a few objects per batch. */
const ALLOWED_BYTES_PER_PUSH = 1;
/**
 * A batch is an array plus a copy that the consumer cannot change, 16 bytes per item. The rest is for the flush itself.
 */
const ALLOWED_BYTES_PER_CYCLE = 24;

/** `BackpressureController` by itself, on a buffer of objects, one core. */
export const controller: Row = {
  name: 'controller',
  title: 'BackpressureController alone, object buffer',
  async run({ runs = RUNS, variants, progress }) {
    if (!variants.includes('spillway')) {
      return { lines: [], runs: [], samples: [], problems: [], note: 'skipped: Spillway only' };
    }
    const results: ControllerFigures[] = [];
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}`);
      results.push(await measureController());
    }
    const middle = (figureOf: (result: ControllerFigures) => number): number => median(results.map(figureOf));
    const perSecond = middle((result) => result.cyclesPerSecond.shallow);
    const cycleFactor = middle((result) => result.cyclesPerSecond.shallow / result.cyclesPerSecond.deep);
    const evictionFactor = middle((result) => result.evictionNanos.deep / result.evictionNanos.shallow);
    const bytesPerPush = middle((result) => result.bytesPerPush);
    const bytesPerCycle = middle((result) => result.bytesPerCycle);
    return {
      lines: [
        {
          figure: 'tryPush + take',
          unit: 'operations',
          spillway: perSecond,
          target: 'at least 5 million/s',
          ...judge((value) => value >= WANTED_PER_SECOND, perSecond),
        },
        {
          figure: 'cost at 200 000 items, of that at 1 000',
          unit: 'factor',
          spillway: cycleFactor,
          target: `no more (within ${ALLOWED_FACTOR} x)`,
          ...judge((value) => value <= ALLOWED_FACTOR, cycleFactor),
        },
        {
          figure: 'cost of an eviction, the same',
          unit: 'factor',
          spillway: evictionFactor,
          target: `no more (within ${ALLOWED_FACTOR} x)`,
          ...judge((value) => value <= ALLOWED_FACTOR, evictionFactor),
        },
        {
          figure: 'allocated by tryPush, an item',
          unit: 'bytes',
          spillway: bytesPerPush,
          target: 'none',
          ...judge((value) => value < ALLOWED_BYTES_PER_PUSH, bytesPerPush),
        },
        {
          figure: 'allocated by tryPush + take, an item',
          unit: 'bytes',
          spillway: bytesPerCycle,
          target: 'two arrays a batch: 16',
          ...judge((value) => value <= ALLOWED_BYTES_PER_CYCLE, bytesPerCycle),
        },
      ],
      runs: results.map((figures, index) => ({ variant: 'spillway', run: index + 1, figures })),
      samples: [],
      problems: results.flatMap((result, index) => result.problems.map((problem) => `run ${index + 1}: ${problem}`)),
    };
  },
};

async function measureController(): Promise<ControllerFigures> {
  let figures: ControllerFigures | undefined;
  await converse<ControllerMessage>(CONTROLLER_BENCH, {
    // With a young generation that is never full, the difference between two readings is what was allocated.
    nodeOptions: ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'],
    task: {},
    timeoutMillis: TIMEOUT_MILLIS,
    onMessage(message) {
      if (message.kind === 'error') throw new Error(`the controller bench failed: ${message.message}`);
      if (message.kind !== 'report') return false;
      figures = message.report;
      return true;
    },
  });
  if (figures === undefined) throw new Error('the controller bench ended without figures');
  return figures;
}
