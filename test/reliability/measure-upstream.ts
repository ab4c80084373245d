import type { EventSignal } from '../collector/src/index.ts';
import type { Pace } from './pace.ts';
import type { ReliabilityFault } from './reliability-fault.ts';
import { runFault } from './run-fault.ts';
import { UpstreamPipeline } from './upstream-pipeline.ts';
import type { Wire } from '../faults/wire.ts';

/** The effect of a fault on one pipeline of upstream. */
export interface UpstreamOutcome {
  readonly signal: EventSignal;
  readonly made: number;
  readonly delivered: number;
  readonly duplicates: number;
  readonly requestsASecond: number;
  /** Infinity if it has not recovered in time. */
  readonly recoveryMillis: number;
}

/** Lets the same fault happen to upstream's pipelines. */
export async function measureUpstream(
  fault: ReliabilityFault,
  ofAll: Pace,
  wire: Wire,
): Promise<readonly UpstreamOutcome[]> {
  const pace = fault.adapt?.(ofAll) ?? ofAll;
  const { timeoutMillis, scheduledDelayMillis } = pace;
  const affected = await runFault(
    fault,
    pace,
    wire,
    (signal, way) => new UpstreamPipeline(signal, way.url, { wire, timeoutMillis, scheduledDelayMillis }),
  );
  return affected.map(({ pipeline, tallies, recoveryMillis = Infinity, requestsASecond }) => {
    const { unique, duplicates } = pipeline.arrived(tallies);
    return {
      signal: pipeline.signal,
      made: pipeline.made,
      delivered: unique,
      duplicates,
      requestsASecond,
      recoveryMillis,
    };
  });
}
