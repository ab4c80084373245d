import type { DropReason } from '@spillway/backpressure';
import type { PipelineReport } from '../report/report.ts';
import {
  BOUND_NAMES,
  type Bound,
  bytesText,
  countText,
  durationText,
  itemsText,
  notBuiltMeaning,
  percentText,
  rateText,
  REASON_MEANINGS,
  requestsText,
  untilText,
} from './words.ts';

/** How much attention a pipeline needs. */
export type Tone = 'good' | 'busy' | 'bad';

export interface Headline {
  readonly tone: Tone;
  /** A word or two, for a title. */
  readonly title: string;
  /** A sentence or two. */
  readonly text: string;
}

/** What is going on, in a sentence: the first thing that an operator wants to know. */
export function headlineOf(pipeline: PipelineReport): Headline {
  const { metrics, signal, pause, rates, lastAttempt, samplingProbability } = pipeline;
  const held = metrics.bufferSize + metrics.inFlight;
  const kept = held === 0 ? 'Nothing is held' : `${itemsText(signal, held)} ${held === 1 ? 'is' : 'are'} kept`;
  const next = pause === undefined ? 'trying now' : `next try in ${untilText(pause.ms)}`;
  if (metrics.state === 'draining')
    return { tone: 'busy', title: 'ending', text: `Ending: ${itemsText(signal, held)} still to be sent.` };
  if (pause?.kind === 'throttle')
    return {
      tone: 'busy',
      title: 'throttled',
      text: `The collector asked for a pause, which ends in ${untilText(pause.ms)}. ${kept}.`,
    };
  if (metrics.circuit !== 'closed')
    return { tone: 'bad', title: 'outage', text: `Nothing gets through. ${kept}, ${next}.` };
  if (lastAttempt !== undefined && !lastAttempt.isOk && (pause !== undefined || metrics.isProbing))
    return { tone: 'bad', title: 'failing', text: `The last request failed: ${lastAttempt.result}. ${kept}, ${next}.` };
  if ((rates.now.lost ?? 0) > 0)
    return {
      tone: 'bad',
      title: 'losing',
      text: `Losing ${rateText(rates.now.lost)} a second: more comes in than can be sent.`,
    };
  if (samplingProbability < 1)
    return {
      tone: 'busy',
      title: 'sampling',
      text: `Under load: ${percentText(samplingProbability)} of the traces are kept, and count for the rest.`,
    };
  if (metrics.state !== 'normal') return { tone: 'busy', title: 'backlog', text: `${kept}${because(pipeline)}.` };
  if (metrics.setAside > 0)
    return {
      tone: 'busy',
      title: 'set aside',
      text: `${itemsText(signal, metrics.setAside)} failed and are tried alone.`,
    };
  if (metrics.eventsOffered === 0) return { tone: 'good', title: 'idle', text: 'Nothing has come in yet.' };
  if (held === 0) return { tone: 'good', title: 'fine', text: 'Everything has been sent.' };
  return { tone: 'good', title: 'fine', text: `Sending. ${kept}${oldestWords(pipeline)}.` };
}

/** What a state above normal comes from. */
function because(pipeline: PipelineReport): string {
  return worstBound(pipeline) === 'pressure'
    ? ', and the process is under pressure'
    : ', because more comes in than the collector takes';
}

function oldestWords({ oldestHeldMs }: PipelineReport): string {
  return oldestHeldMs === undefined ? '' : `, none for longer than ${durationText(oldestHeldMs)}`;
}

/** Where it sends. */
export function destinationOf({ destination: { exporter, url, proxy } }: PipelineReport): string {
  if (url === undefined) return exporter;
  return proxy === undefined ? url : `${url} through ${proxy}`;
}

/** How full it is, and by which bound; no bound if nothing is held. */
export function fillOf(pipeline: PipelineReport): { readonly share: number; readonly by: string } {
  const share = pipeline.metrics.bufferUtilization;
  return { share, by: share === 0 ? '' : BOUND_NAMES[worstBound(pipeline)] };
}

function worstBound({ utilization }: PipelineReport): Bound {
  return (Object.keys(BOUND_NAMES) as Bound[]).reduce((worst, bound) =>
    (utilization[bound] ?? 0) > (utilization[worst] ?? 0) ? bound : worst,
  );
}

/** One figure with its name. */
export interface Fact {
  readonly name: string;
  readonly text: string;
}

/** What an operator looks up. The same facts in the same order for every pipeline, so that rows can be compared. */
export function factsOf(pipeline: PipelineReport): readonly Fact[] {
  const { metrics, oldestHeldMs, lastAttempt, signal, samplingProbability, leftOut } = pipeline;
  const facts: (Fact | undefined)[] = [
    {
      name: 'Held',
      text: `${itemsText(signal, metrics.bufferSize + metrics.inFlight)}, ${bytesText(metrics.bufferBytes)}`,
    },
    { name: 'Oldest item', text: oldestHeldMs === undefined ? '–' : durationText(oldestHeldMs) },
    {
      name: 'In flight',
      text: `${requestsText(metrics.flushesInFlight, metrics.concurrency)}, ${itemsText(signal, metrics.inFlight)}`,
    },
    {
      name: 'Last request',
      text:
        lastAttempt === undefined
          ? 'none yet'
          : `${lastAttempt.result} after ${durationText(lastAttempt.latencyMs)}, ${durationText(lastAttempt.agoMs)} ago`,
    },
    { name: 'Circuit', text: circuitText(pipeline) },
    metrics.setAside > 0 ? { name: 'Set aside', text: itemsText(signal, metrics.setAside) } : undefined,
    metrics.spool !== undefined && metrics.spool.items > 0
      ? {
          name: 'In the spool',
          text: `${itemsText(signal, metrics.spool.items)}, ${bytesText(metrics.spool.bytes)} on disk`,
        }
      : undefined,
    metrics.eventsRetried > 0 ? { name: 'Sent again', text: itemsText(signal, metrics.eventsRetried) } : undefined,
    samplingProbability < 1 ? { name: 'Sampling', text: `keeps ${percentText(samplingProbability)}` } : undefined,
    leftOut > 0 ? { name: 'Left out', text: `${itemsText(signal, leftOut)}, on purpose` } : undefined,
    { name: 'Since the start', text: totalsText(pipeline) },
  ];
  return facts.filter((fact) => fact !== undefined);
}

function circuitText({ metrics: { circuit }, pause }: PipelineReport): string {
  const name = circuit === 'half_open' ? 'half open, a probe is on its way' : circuit;
  if (pause === undefined) return name;
  const what = pause.kind === 'throttle' ? 'throttled for' : circuit === 'closed' ? 'next try in' : 'next probe in';
  return `${name}, ${what} ${untilText(pause.ms)}`;
}

function totalsText({ metrics: { eventsOffered, eventsFlushed }, lost }: PipelineReport): string {
  return `${countText(eventsOffered)} in, ${countText(eventsFlushed)} out, ${countText(lost)} lost`;
}

/** Why items were dropped, the most frequent reason first. */
export function dropsOf({ metrics, signal }: PipelineReport): readonly {
  readonly reason: DropReason | 'not_built';
  readonly count: number;
  readonly meaning: string;
}[] {
  const notBuilt = { reason: 'not_built', count: metrics.eventsNotBuilt, meaning: notBuiltMeaning(signal) } as const;
  const dropped = (Object.entries(metrics.droppedByReason) as [DropReason, number][]).map(([reason, count]) => ({
    reason,
    count,
    meaning: REASON_MEANINGS[reason] ?? '',
  }));
  return [...dropped, notBuilt].filter(({ count }) => count > 0).toSorted((one, other) => other.count - one.count);
}

/** `12 s ago, 8 times`. */
export function timesOf({ agoMs, count }: { readonly agoMs: number; readonly count: number }): string {
  return `${durationText(agoMs)} ago${count === 1 ? '' : `, ${countText(count)} times`}`;
}
