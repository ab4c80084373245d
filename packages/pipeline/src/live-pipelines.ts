import type { ControllerInspection, PipelineObserver } from '@spillway/backpressure';
import type { LiveDestination } from './live-destination.ts';
import type { ProcessorMetrics } from './processor-metrics.ts';

/** Why a pipeline is in its state, and where it sends. */
export interface PipelineInspection extends ControllerInspection {
  readonly destination: LiveDestination;
  /** The share of items that sampling keeps at present, without exempt ones: 0 to 1. */
  readonly samplingProbability: number;
}

/** A pipeline of this process that has not shut down. It keeps the pipeline in memory, so do not keep it. */
export interface LivePipeline {
  /** Distinguishes it from every other pipeline that this process has had. */
  readonly id: number;
  /** The name of its processor, as in log lines. */
  readonly name: string;
  /** `traces`, `logs`, or a signal that only a newer copy of this package knows. */
  readonly signal: string;
  getMetrics(): ProcessorMetrics;
  inspect(): PipelineInspection;
  /** Adds an observer. @returns a function that removes it */
  observe(observer: PipelineObserver): () => void;
}

type Inspected = Pick<LivePipeline, 'getMetrics' | 'inspect' | 'observe'>;

interface Entry {
  readonly id: number;
  readonly name: string;
  readonly signal: string;
  /** Weak, so that a pipeline that is dropped without a shutdown can be freed. */
  readonly pipeline: WeakRef<Inspected>;
}

interface Registry {
  readonly entries: Set<Entry>;
  readonly listeners: Set<(pipeline: LivePipeline) => void>;
  lastId: number;
}

/**
 * A registered symbol, because several copies of this package (ESM and CJS, or two versions) may be loaded, and whoever
 * looks at the pipelines of a process means all of them. The number is the version of the shape of {@link Registry},
 * and of what is read of a pipeline.
 */
const PIPELINES = Symbol.for('spillway.pipelines/2');

const global = globalThis as { [PIPELINES]?: Registry };

/** The live pipelines of this process, whichever copy of this package made them, in the order in which they began. */
export function livePipelines(): readonly LivePipeline[] {
  return [...(global[PIPELINES]?.entries ?? [])].flatMap((entry) => {
    const pipeline = entry.pipeline.deref();
    return pipeline === undefined ? [] : [livePipeline(entry, pipeline)];
  });
}

/**
 * Calls back for each pipeline that begins from now on. Errors of the listener are ignored.
 * @returns a function that ends this
 */
export function onPipeline(listener: (pipeline: LivePipeline) => void): () => void {
  const { listeners } = registry();
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @returns a function to call when the pipeline has shut down */
export function registerPipeline(name: string, signal: string, pipeline: Inspected): () => void {
  // Some worker platforms have no weak references, and a strong one to each pipeline ever made would be a leak.
  if (typeof WeakRef !== 'function') return () => {};
  const known = registry();
  const { entries, listeners } = known;
  for (const entry of entries) if (entry.pipeline.deref() === undefined) entries.delete(entry);
  known.lastId += 1;
  const entry = { id: known.lastId, name, signal, pipeline: new WeakRef(pipeline) };
  entries.add(entry);
  for (const listener of listeners) {
    try {
      listener(livePipeline(entry, pipeline));
    } catch {
      // A page that shows pipelines must not keep one from starting.
    }
  }
  return () => entries.delete(entry);
}

function registry(): Registry {
  return (global[PIPELINES] ??= { entries: new Set(), listeners: new Set(), lastId: 0 });
}

function livePipeline({ id, name, signal }: Entry, pipeline: Inspected): LivePipeline {
  return {
    id,
    name,
    signal,
    getMetrics: () => pipeline.getMetrics(),
    inspect: () => pipeline.inspect(),
    observe: (observer) => pipeline.observe(observer),
  };
}
