import type { DropReason } from '@spillway/backpressure';
import type { EventSignal } from '../collector/src/index.ts';
import { DiagLines } from './diag-lines.ts';
import type { FaultOutcome } from './fault-outcome.ts';
import { lossesOf } from './losses.ts';
import { MeasuredPipeline } from './measured-pipeline.ts';
import type { Pace } from './pace.ts';
import type { FaultEffect, ReliabilityFault } from './reliability-fault.ts';
import { type Affected, runFault } from './run-fault.ts';
import { exporterTo, type Wire } from '../faults/wire.ts';

/** The log lines of a processor begin with its name. */
const PROCESSOR: Readonly<Record<EventSignal, string>> = {
  traces: 'BackpressureSpanProcessor',
  logs: 'BackpressureLogRecordProcessor',
};

/** Lets one fault happen to Spillway's pipelines, and judges the result. */
export async function measureFault(fault: ReliabilityFault, ofAll: Pace, wire: Wire): Promise<readonly FaultOutcome[]> {
  const pace = fault.adapt?.(ofAll) ?? ofAll;
  const { maxQueueBytes, strategy, timeoutMillis, scheduledDelayMillis } = pace;
  using diag = fault.line === undefined ? undefined : new DiagLines();
  const affected = await runFault(
    fault,
    pace,
    wire,
    (signal, way) =>
      new MeasuredPipeline(
        signal,
        { ...exporterTo(wire, way.url, signal), timeoutMillis, ...way.exporter },
        { maxQueueBytes, strategy, scheduledDelayMillis },
      ),
  );
  return affected.map((one) => {
    const outcome = outcomeOf(one, fault, pace, wire);
    return diag === undefined
      ? outcome
      : { ...outcome, problems: [...outcome.problems, ...unsaid(fault, outcome.signal, diag.lines)] };
  });
}

function outcomeOf(
  { pipeline, tallies, recoveryMillis, requestsASecond, poisonedRequests }: Affected<MeasuredPipeline>,
  fault: ReliabilityFault,
  pace: Pace,
  wire: Wire,
): FaultOutcome {
  const { signal, states, made, mostBytes, metrics } = pipeline;
  const tally = pipeline.arrived(tallies);
  const lost = lossesOf(metrics);
  const problems = [...pipeline.problems, ...unexpected(fault.effect, lost, metrics.eventsRetried, tally.duplicates)];
  if (recoveryMillis === undefined) problems.push(`not recovered after ${pace.recoveryLimitMillis} ms`);
  if (requestsASecond > (fault.mostRequestsASecond ?? Infinity))
    problems.push(`${requestsASecond.toFixed(1)} requests a second`);
  if (poisonedRequests > (fault.mostCopies ?? Infinity))
    problems.push(`the poison item was sent ${poisonedRequests} times`);
  return {
    fault: fault.name,
    wire,
    signal,
    states,
    made,
    delivered: tally.unique,
    lost,
    duplicates: tally.duplicates,
    requestsASecond,
    poisonedRequests,
    recoveryMillis: recoveryMillis ?? Infinity,
    mostBytes,
    limitBytes: pace.maxQueueBytes,
    problems,
  };
}

/** @returns a problem unless the pipeline has logged the fault exactly once */
function unsaid({ line }: ReliabilityFault, signal: EventSignal, lines: readonly string[]): string[] {
  const count = lines.filter((said) => said.startsWith(PROCESSOR[signal]) && line?.test(said)).length;
  return count === 1 ? [] : [`${count} lines like ${line}`];
}

/** @returns how the effect of a fault differs from the expected one, because a fault without effect proves nothing */
function unexpected(
  effect: FaultEffect,
  lost: ReadonlyMap<DropReason, number>,
  retried: number,
  duplicates: number,
): string[] {
  const reasons: readonly string[] = typeof effect === 'object' ? effect.loses : [];
  const most = typeof effect === 'object' ? (effect.most ?? Infinity) : 0;
  const wrong = [...lost]
    .filter(([reason, count]) => !reasons.includes(reason) || count > most)
    .map(([reason, count]) => `${count} items lost: ${reason}`);
  if (reasons.length > 0 && ![...lost.keys()].some((reason) => reasons.includes(reason)))
    wrong.push(`no item lost as ${reasons.join(' or ')}`);
  if (effect === 'none' && duplicates > 0) wrong.push(`${duplicates} duplicates`);
  if (effect === 'duplicate' && duplicates === 0) wrong.push('no duplicates');
  if (effect === 'retry' && retried === 0) wrong.push('no item was sent again');
  return wrong;
}
