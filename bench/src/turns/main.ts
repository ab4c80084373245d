/** An application that contains several pipelines, which take turns. It gets its plan from the bench and reports. */
import { createPipeline } from '../application/pipeline.ts';
import { withSignal } from '../application/signals/load-signal.ts';
import { carryOutPlan } from '../measured-program.ts';
import type { PipelineTurns, TurningPipeline, TurnsPlan } from './protocol.ts';
import { TurnTaker } from './turn-taker.ts';

/** Turns of each pipeline before the measured ones, because compiling goes on for seconds. */
const WARM_UP_ROUNDS = 2;

carryOutPlan(async ({ pipelines, rounds, seconds }: TurnsPlan): Promise<readonly PipelineTurns[]> => {
  const takers = await Promise.all(
    pipelines.map(async (pipeline) => ({ taker: await takerOf(pipeline), cpuMicrosPerItem: [] as number[] })),
  );
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const { taker, cpuMicrosPerItem } of takers) {
      const micros = await taker.turn(seconds);
      if (round >= 0) cpuMicrosPerItem.push(micros);
    }
  }
  const turns: PipelineTurns[] = [];
  for (const { taker, cpuMicrosPerItem } of takers)
    turns.push({ cpuMicrosPerItem, made: taker.made, accounts: await taker.end() });
  return turns;
});

async function takerOf({ signal, variant, url, itemsPerSecond }: TurningPipeline): Promise<TurnTaker> {
  return withSignal(signal, async (underLoad) => {
    const pipeline = await createPipeline({ variant, url, processorOptions: {} }, underLoad);
    return new TurnTaker(pipeline, underLoad.createSource(pipeline.processor), itemsPerSecond);
  });
}
