/** The application of which all variants are a part, and take turns. It is told its plan by the bench, and reports. */
import { createPipeline } from '../application/pipeline.ts';
import type { SignalUnderLoad } from '../application/signals/signal-under-load.ts';
import type { TurnsMessage, TurnsPlan, VariantTurns } from './protocol.ts';
import { TurnTaker } from './turn-taker.ts';

/** Turns of each variant before those that are measured: compiling goes on for seconds. */
const WARM_UP_ROUNDS = 2;

process.once('message', (plan: TurnsPlan) => {
  takeTurns(plan).then(
    (turns) => send({ kind: 'report', turns }, () => process.exit(0)),
    (error: unknown) => send({ kind: 'error', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }, () => process.exit(1)),
  );
});
send({ kind: 'ready' });

async function takeTurns(plan: TurnsPlan): Promise<VariantTurns[]> {
  return plan.signal === 'traces'
    ? await takeTurnsWith(plan, (await import('../application/signals/spans.ts')).spans)
    : await takeTurnsWith(plan, (await import('../application/signals/log-records.ts')).logRecords);
}

async function takeTurnsWith<Item extends object, Processor>(
  { variants, url, rounds, seconds }: TurnsPlan,
  signal: SignalUnderLoad<Item, Processor>,
): Promise<VariantTurns[]> {
  let serial = 0;
  const nextSerial = (): number => serial++;
  const takers = await Promise.all(
    variants.map(async (variant) => {
      const pipeline = await createPipeline({ variant, url, processorOptions: {} }, signal);
      return { variant, taker: new TurnTaker(pipeline, signal.createSource(pipeline.processor), nextSerial), cpuMicrosPerItem: [] as number[] };
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

function send(message: TurnsMessage, afterwards?: () => void): void {
  if (process.send === undefined) throw new Error('this program is started by the bench');
  process.send(message, undefined, undefined, () => afterwards?.());
}
