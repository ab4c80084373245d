import { BackpressureController } from '@spillway/backpressure';
import type { ProcessorMetrics } from '@spillway/pipeline';
import type { PipelineReport, Report } from '../src/index.ts';

const NO_METRICS = new BackpressureController(async () => ({ kind: 'delivered' })).getMetrics();

/** A pipeline at rest, except for what is given. */
export function pipelineReport({
  metrics,
  ...more
}: Partial<Omit<PipelineReport, 'metrics'>> & {
  readonly metrics?: Partial<ProcessorMetrics>;
} = {}): PipelineReport {
  return {
    id: 1,
    name: 'BackpressureSpanProcessor',
    signal: 'traces',
    destination: {
      exporter: 'OtlpSpanExporter',
      url: 'http://collector:4318/v1/traces',
      protocol: 'http/protobuf',
      proxy: undefined,
    },
    stateMs: 12_000,
    utilization: { items: 0, bytes: 0, budget: undefined, pressure: 0 },
    lowWatermark: 0.5,
    highWatermark: 0.8,
    oldestHeldMs: undefined,
    pause: undefined,
    samplingProbability: 1,
    lost: 0,
    leftOut: 0,
    lastAttempt: undefined,
    failures: [],
    rates: {
      now: { in: 0, out: 0, lost: 0, utilization: 0 },
      history: { in: [null, 0, 5, 10], out: [null, 0, 5, 10], lost: [null, 0, 0, 0], utilization: [null, 0, 0, 0] },
      stepMs: 5_000,
    },
    ...more,
    metrics: {
      ...NO_METRICS,
      eventsNotBuilt: 0,
      samplingProbability: 1,
      exemptExceedsCapacity: false,
      ...metrics,
    },
  };
}

export function reportOf(...pipelines: readonly PipelineReport[]): Report {
  return {
    name: 'shop',
    time: '2026-12-01T00:00:00.000Z',
    process: {
      pid: 7,
      version: 'v24.0.0',
      uptimeMs: 3_600_000,
      rssBytes: 100 * 2 ** 20,
      heapUsedBytes: 40 * 2 ** 20,
      heapLimitBytes: 4 * 2 ** 30,
      loopUtilization: 0.25,
    },
    mainThread: { figuresMs: 10, blockedMs: undefined },
    pipelines,
  };
}
