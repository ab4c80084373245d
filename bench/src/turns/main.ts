/** An application that contains all variants, which take turns. It gets its plan from the bench and reports. */
import { createPipeline } from '../application/pipeline.ts';
import type { SignalUnderLoad } from '../application/signals/signal-under-load.ts';
import { carryOutPlan } from '../measured-program.ts';
import type { TurnsPlan, VariantTurns } from './protocol.ts';
import { TurnTaker } from './turn-taker.ts';

/** Turns of each variant before the measured ones, because compiling goes on for seconds. */
const WARM_UP_ROUNDS = 2;

carryOutPlan(async (plan: TurnsPlan): Promise<readonly VariantTurns[]> =>
  plan.signal === 'traces'
    ? await takeTurns(plan, (await import('../application/signals/spans.ts')).spans)
    : await takeTurns(plan, (await import('../application/signals/log-records.ts')).logRecords),
);

async function takeTurns<Item extends object, Processor>(
  { pipelines, rounds, seconds }: TurnsPlan,
  signal: SignalUnderLoad<Item, Processor>,
): Promise<VariantTurns[]> {
  const takers = await Promise.all(
    pipelines.map(async ({ variant, url }) => {
      const pipeline = await createPipeline({ variant, url, processorOptions: {} }, signal);
      return {
        variant,
        taker: new TurnTaker(pipeline, signal.createSource(pipeline.processor)),
        cpuMicrosPerItem: [] as number[],
      };
    }),
  );
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const { taker, cpuMicrosPerItem } of takers) {
      const micros = await taker.turn(seconds);
      if (round >= 0) cpuMicrosPerItem.push(micros);
    }
  }
  const turns: VariantTurns[] = [];
  for (const { variant, taker, cpuMicrosPerItem } of takers) {
    turns.push({ variant, cpuMicrosPerItem, made: taker.made, accounts: await taker.end() });
  }
  return turns;
}
