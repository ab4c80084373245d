/** An application with many pipelines, each with its own provider and exporter, as in a process of many tenants. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LoadGenerator } from '../application/load.ts';
import { createPipeline, type Pipeline } from '../application/pipeline.ts';
import { readCollectedMemory } from '../application/process-samples.ts';
import type { ItemSource } from '../application/signals/signal-under-load.ts';
import { spans } from '../application/signals/spans.ts';
import { carryOutPlan } from '../measured-program.ts';
import type { PipelinesFigures, PipelinesPlan } from './protocol.ts';
import { accountsOf, inTurn } from './shared-load.ts';

const ITEMS_PER_SECOND = 10_000;
const TICK_MILLIS = 5;
const WARM_UP_SECONDS = 1;
const MICROS_PER_MILLI = 1_000;

/** A pipeline, and the provider that gives it items. */
type Tenant = ItemSource & Pick<Pipeline<unknown>, 'accounts'>;

carryOutPlan(async (plan: PipelinesPlan): Promise<PipelinesFigures> => {
  // The first pipeline loads the code, and its load compiles it. It stays, so that nothing of it is freed meanwhile.
  const first = await construct(plan);
  const warmUp = new LoadGenerator(first);
  await warmUp.pace(ITEMS_PER_SECOND, WARM_UP_SECONDS, TICK_MILLIS);
  await first.flush();

  // Before the collections, which also throw away compiled code.
  const startMicros = await cpuMicrosOf(async () => inTurn(await constructAll(plan)).shutdown());
  const memoryBefore = await heldBytes();
  const tenants = await constructAll(plan);

  const source = inTurn(tenants);
  const load = new LoadGenerator(source);
  await load.pace(ITEMS_PER_SECOND, WARM_UP_SECONDS, TICK_MILLIS);
  await source.flush();
  const bytes = (await heldBytes()) - memoryBefore;

  const idleMicros = await cpuMicrosOf(() => sleep(plan.seconds * 1_000));
  const madeBefore = load.made;
  const loadMicros = await cpuMicrosOf(async () => {
    await load.pace(ITEMS_PER_SECOND, plan.seconds, TICK_MILLIS);
    await source.flush();
  });
  const measured = load.made - madeBefore;

  await Promise.all([first.shutdown(), source.shutdown()]);
  return {
    startCpuMillis: startMicros / MICROS_PER_MILLI,
    bytes,
    idleCpuMillis: idleMicros / MICROS_PER_MILLI / plan.seconds,
    cpuMicrosPerItem: loadMicros / measured,
    made: warmUp.made + load.made,
    accounts: accountsOf([first, ...tenants]),
  };
});

async function construct({ variant, url }: PipelinesPlan): Promise<Tenant> {
  const pipeline = await createPipeline({ variant, url, processorOptions: {} }, spans);
  return { ...spans.createSource(pipeline.processor), accounts: () => pipeline.accounts() };
}

async function constructAll(plan: PipelinesPlan): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  for (let made = 0; made < plan.count; made += 1) tenants.push(await construct(plan));
  return tenants;
}

async function heldBytes(): Promise<number> {
  const { heapUsed, external } = await readCollectedMemory();
  return heapUsed + external;
}

async function cpuMicrosOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
