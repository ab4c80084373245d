/**
 * An application with one pipeline under load, whose live page is not served, served to nobody, and served to one
 * viewer, in turn. The viewer is a process of its own. It gets its plan from the bench and reports.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { livePipelines } from '@spillway/pipeline';
import { serveZpages } from '@spillway/zpages';
import { LoadGenerator } from '../application/load.ts';
import { createPipeline } from '../application/pipeline.ts';
import { spans } from '../application/signals/spans.ts';
import { carryOutPlan } from '../measured-program.ts';
import { median } from '../statistics.ts';
import {
  AUDIENCES,
  type Audience,
  type LivePageFigures,
  type LivePagePlan,
  type LivePageStart,
  type LivePageTurn,
} from './protocol.ts';

const ITEMS_PER_SECOND = 10_000;
const TICK_MILLIS = 5;
const NANOS_PER_MILLI = 1e6;
/** Rounds before the measured ones, because compiling goes on for seconds. */
const WARM_UP_ROUNDS = 2;
/** A new thread compiles, too. Then it waits. */
const SETTLE_MILLIS = 3_000;
const METRICS_CALLS = 100;
const METRICS_PAUSE_MILLIS = 20;

const VIEWER = fileURLToPath(new URL('./viewer.ts', import.meta.url));

carryOutPlan(takeTurns);

async function takeTurns({ url, rounds, seconds }: LivePagePlan): Promise<LivePageFigures> {
  const pipeline = await createPipeline({ variant: 'spillway', url, processorOptions: {} }, spans);
  const source = spans.createSource(pipeline.processor);
  const load = new LoadGenerator(source);
  const turns: LivePageTurn[] = [];
  const start = await measureStart();
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (const audience of AUDIENCES) {
      const turn = await withAudience(audience, () => measure(load, seconds));
      await source.flush();
      if (round >= 0) turns.push({ audience, ...turn });
    }
  }
  const getMetricsMicros = await measureGetMetrics();
  await source.shutdown();
  return { start, getMetricsMicros, turns, made: load.made, accounts: pipeline.accounts() };
}

async function measureStart(): Promise<LivePageStart> {
  await sleep(SETTLE_MILLIS);
  const memory = process.memoryUsage.rss();
  const before = process.cpuUsage();
  const page = serveZpages({ port: 0 });
  await page.listening();
  await sleep(SETTLE_MILLIS);
  const { user, system } = process.cpuUsage(before);
  const megabytes = (process.memoryUsage.rss() - memory) / 1e6;
  await page.close();
  return { cpuMillis: (user + system) / 1_000, megabytes };
}

/** The page asks once a second, when other code has taken the place of this one in the caches. */
async function measureGetMetrics(): Promise<number> {
  const [pipeline] = livePipelines();
  const micros: number[] = [];
  for (let call = 0; call < METRICS_CALLS; call += 1) {
    // oxlint-disable-next-line no-await-in-loop -- the pause is the point
    await sleep(METRICS_PAUSE_MILLIS);
    const start = performance.now();
    pipeline?.getMetrics();
    micros.push((performance.now() - start) * 1_000);
  }
  return median(micros);
}

async function withAudience<Result>(audience: Audience, run: () => Promise<Result>): Promise<Result> {
  if (audience === 'no page') return run();
  const page = serveZpages({ port: 0 });
  const address = await page.listening();
  const viewer = audience === 'one viewer' ? await viewerOf(address ?? '') : undefined;
  await sleep(SETTLE_MILLIS);
  try {
    return await run();
  } finally {
    viewer?.kill();
    await page.close();
  }
}

async function viewerOf(address: string): Promise<ChildProcess> {
  const viewer = fork(VIEWER, [address], { execArgv: [] });
  // It has seen a report.
  await once(viewer, 'message');
  return viewer;
}

async function measure(load: LoadGenerator, seconds: number): Promise<Omit<LivePageTurn, 'audience'>> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = process.cpuUsage();
  const start = performance.now();
  delay.enable();
  await load.pace(ITEMS_PER_SECOND, seconds, TICK_MILLIS);
  delay.disable();
  const { user, system } = process.cpuUsage(before);
  return {
    cpuMillisPerSecond: (user + system) / (performance.now() - start),
    delayP99Millis: delay.percentile(99) / NANOS_PER_MILLI,
  };
}
