import type { RequestSpool } from '@spillway/pipeline';
import { CountingMeterProvider } from './counting-meter-provider.ts';
import type { ApplicationPlan, PipelineAccounts, Variant } from './protocol.ts';
import type { SignalUnderLoad } from './signals/signal-under-load.ts';

/** A processor and what can be read from it. */
export interface Pipeline<Processor> {
  readonly processor: Processor;
  accounts(): PipelineAccounts;
  /** Items in its queue. */
  queued(): number;
  /** Figures of the pipeline's state for the samples; always the same names. */
  sample(): Record<string, number>;
}

/** The part of a plan that determines the pipeline. */
type PipelinePlan = Pick<ApplicationPlan, 'variant' | 'url' | 'processorOptions' | 'slowDiskMillis'>;

/** Builds the variant's pipeline. Only that variant's modules are loaded. */
export async function createPipeline<Item extends object, Processor>(
  plan: PipelinePlan,
  signal: SignalUnderLoad<Item, Processor>,
): Promise<Pipeline<Processor>> {
  const create: Record<Variant, () => Pipeline<Processor> | Promise<Pipeline<Processor>>> = {
    noop: () => createNoopPipeline(signal),
    upstream: () => createUpstreamPipeline(plan, signal),
    spillway: () => createSpillwayPipeline(plan, signal),
  };
  return await create[plan.variant]();
}

function createNoopPipeline<Item extends object, Processor>(
  signal: SignalUnderLoad<Item, Processor>,
): Pipeline<Processor> {
  const processor = signal.createTap(() => {});
  return { processor, accounts: () => ({ delivered: 0, lost: {} }), queued: () => 0, sample: () => ({}) };
}

async function createUpstreamPipeline<Item extends object, Processor>(
  { url, processorOptions }: PipelinePlan,
  signal: SignalUnderLoad<Item, Processor>,
): Promise<Pipeline<Processor>> {
  const meterProvider = new CountingMeterProvider(signal.metricName);
  const processor = await signal.createUpstream({ url, processorOptions, selfObsMeterProvider: meterProvider });
  return {
    processor,
    accounts() {
      const { '': delivered = 0, ...lost } = meterProvider.processed;
      return { delivered, lost };
    },
    queued: () => meterProvider.queueSize(),
    sample: () => ({ queued: meterProvider.queueSize() }),
  };
}

async function createSpillwayPipeline<Item extends object, Processor>(
  { url, processorOptions, slowDiskMillis }: PipelinePlan,
  signal: SignalUnderLoad<Item, Processor>,
): Promise<Pipeline<Processor>> {
  const spool = slowDiskMillis === undefined ? undefined : await slowSpool(slowDiskMillis);
  const processor = await signal.createSpillway({ url, processorOptions, spool });
  return {
    processor,
    accounts() {
      const metrics = processor.getMetrics();
      return {
        offered: metrics.eventsOffered,
        ...(metrics.eventsNotBuilt !== undefined && { notBuilt: metrics.eventsNotBuilt }),
        delivered: metrics.eventsFlushed,
        // What a spool has is not lost, but not delivered either.
        lost: Object.fromEntries(
          Object.entries({ ...metrics.droppedByReason, spilled: metrics.eventsSpilled }).filter(
            ([, count]) => count > 0,
          ),
        ),
      };
    },
    queued: () => processor.getMetrics().bufferSize,
    sample() {
      const metrics = processor.getMetrics();
      return {
        queued: metrics.bufferSize,
        queuedBytes: metrics.bufferBytes,
        inFlight: metrics.inFlight,
        concurrency: metrics.concurrency,
        batchSize: metrics.batchSize,
        flushIntervalMillis: metrics.flushIntervalMs,
        utilization: metrics.bufferUtilization,
        lastFlushLatencyMillis: metrics.lastFlushLatencyMs,
        delivered: metrics.eventsFlushed,
        retried: metrics.eventsRetried,
        lost: metrics.eventsDropped + metrics.eventsFailed,
      };
    },
  };
}

async function slowSpool(millis: number): Promise<RequestSpool> {
  const { spoolOnSlowDisk } = await import('./slow-disk.ts');
  return spoolOnSlowDisk(millis);
}
