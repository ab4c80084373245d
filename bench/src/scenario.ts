import { spawnCollector, type Fault, type SpawnedCollector } from '@spillway/test/collector';
import { account, type Accounting } from './accounting.ts';
import type {
  ApplicationMessage,
  ApplicationPlan,
  ApplicationReport,
  Compression,
  Load,
  Samples,
  Variant,
} from './application/protocol.ts';
import { converse } from './child-process.ts';
import { type CorePair, pinToCore } from './cores.ts';
import { receiverOf, type Signal, urlAt } from './signal.ts';

const APPLICATION = new URL('./application/main.ts', import.meta.url);
const SAMPLE_MILLIS = 100;
const DRAIN_MILLIS = 20_000;
/** Extra time for starting two processes, and for a load that falls behind. */
const SPARE_MILLIS = 60_000;

/** One load against one receiver. */
export interface Scenario {
  readonly load: Load;
  /** The core for the application and that for the receiver. Default: all cores for both. */
  readonly cores?: CorePair | undefined;
  /** Of both exporters. Default: none. */
  readonly compression?: Compression | undefined;
  /** The receiver's faults, by the time from the start of the load; `undefined` ends a fault. */
  readonly faults: readonly { readonly atMillis: number; readonly fault: Fault | undefined }[];
  /** Options of a variant's processor. Without any, its defaults apply. */
  readonly processorOptions?: Partial<Record<Variant, Record<string, number>>>;
  /** Gives Spillway's processor a spool on a slow disk, each of whose writes takes about this many ms. */
  readonly slowDiskMillis?: number;
  readonly countLiveItemsAtMillis?: readonly number[];
  readonly measureHeldMemory?: boolean;
}

/** One run of one variant. */
export interface ScenarioRun {
  readonly variant: Variant;
  readonly report: ApplicationReport;
  readonly accounting: Accounting;
  /** What the receiver saw while the load lasted. */
  readonly receiverSamples: Samples;
}

/** Runs a scenario once, for one signal: the application in one process, the receiver in another. */
export async function runScenario(signal: Signal, variant: Variant, scenario: Scenario): Promise<ScenarioRun> {
  const receiver = variant === 'noop' ? undefined : await spawnCollector(receiverOf(signal));
  try {
    if (receiver?.pid !== undefined && scenario.cores) pinToCore(receiver.pid, scenario.cores.receiver);
    for (const { atMillis, fault } of scenario.faults) {
      if (atMillis === 0) await receiver?.setFault(fault);
    }
    const watch = receiver && new ReceiverWatch(receiver, scenario.faults);
    const report = await runApplication(
      {
        signal,
        variant,
        url: urlAt(receiver, signal),
        load: scenario.load,
        core: scenario.cores?.application,
        compression: scenario.compression,
        processorOptions: scenario.processorOptions?.[variant] ?? {},
        slowDiskMillis: scenario.slowDiskMillis,
        drainMillis: DRAIN_MILLIS,
        sampleMillis: SAMPLE_MILLIS,
        countLiveItemsAtMillis: scenario.countLiveItemsAtMillis ?? [],
        measureHeldMemory: scenario.measureHeldMemory ?? false,
      },
      watch,
    );
    const received = await receiver?.counts();
    const receiverSamples = watch?.samples ?? {};
    return { variant, report, accounting: account(variant, report, received), receiverSamples };
  } finally {
    await receiver?.close();
  }
}

async function runApplication(plan: ApplicationPlan, watch: ReceiverWatch | undefined): Promise<ApplicationReport> {
  let report: ApplicationReport | undefined;
  try {
    await converse<ApplicationMessage>(APPLICATION, {
      nodeOptions: ['--disable-warning=ExperimentalWarning', ...(plan.measureHeldMemory ? ['--expose-gc'] : [])],
      task: plan,
      timeoutMillis: loadMillis(plan.load) + plan.drainMillis + SPARE_MILLIS,
      onMessage(message) {
        if (message.kind === 'error') throw new Error(`the ${plan.variant} application failed: ${message.message}`);
        if (message.kind === 'loading') watch?.start();
        if (message.kind === 'loaded') watch?.stop();
        if (message.kind === 'report') report = message.report;
        return message.kind === 'report';
      },
    });
  } finally {
    await watch?.end();
  }
  if (report === undefined) throw new Error('the application ended without a report');
  return report;
}

function loadMillis(load: Load): number {
  return load.kind === 'burst' ? 0 : (load.warmupSeconds + load.seconds) * 1000;
}

/** Changes the receiver's faults on time, and samples its counts while the load lasts. */
class ReceiverWatch {
  readonly samples: Samples = {};
  private readonly receiver: SpawnedCollector;
  private readonly faults: Scenario['faults'];
  private readonly faultTimers: NodeJS.Timeout[] = [];
  private sampleTimer: NodeJS.Timeout | undefined;
  private readonly pending = new Set<Promise<void>>();
  private failure: unknown;
  private startedAt = 0;

  constructor(receiver: SpawnedCollector, faults: Scenario['faults']) {
    this.receiver = receiver;
    this.faults = faults;
  }

  start(): void {
    this.startedAt = performance.now();
    for (const { atMillis, fault } of this.faults) {
      if (atMillis === 0) continue;
      this.faultTimers.push(setTimeout(() => this.follow(this.receiver.setFault(fault)), atMillis));
    }
    this.sampleTimer = setInterval(() => this.follow(this.sample()), SAMPLE_MILLIS);
  }

  /** The load has ended. Remaining changes of faults happen during the drain. */
  stop(): void {
    clearInterval(this.sampleTimer);
  }

  /** @throws the error of a change or a sample that failed */
  async end(): Promise<void> {
    this.stop();
    for (const timer of this.faultTimers) clearTimeout(timer);
    await Promise.all(this.pending);
    if (this.failure !== undefined) throw new Error('the receiver stopped answering', { cause: this.failure });
  }

  private async sample(): Promise<void> {
    const atMillis = Math.round(performance.now() - this.startedAt);
    const { requests, unique, duplicates, inFlight } = await this.receiver.counts();
    for (const [name, value] of Object.entries({ atMillis, requests, unique, duplicates, inFlight })) {
      (this.samples[name] ??= []).push(value);
    }
  }

  private follow(work: Promise<void>): void {
    const settled = work.then(
      () => void this.pending.delete(settled),
      (error: unknown) => {
        this.pending.delete(settled);
        this.failure ??= error;
      },
    );
    this.pending.add(settled);
  }
}
