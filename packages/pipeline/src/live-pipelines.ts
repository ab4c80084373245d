import type { BackpressureMetrics } from '@spillway/backpressure';

/** A pipeline of this process that has not shut down. */
export interface LivePipeline {
  /** The name of its processor, as in log lines. */
  readonly name: string;
  /** `traces`, `logs`, or a signal that only a newer copy of this package knows. */
  readonly signal: string;
  getMetrics(): BackpressureMetrics;
}

type Measured = Pick<LivePipeline, 'getMetrics'>;

interface Entry {
  readonly name: string;
  readonly signal: string;
  /** Weak, so that a pipeline that is dropped without a shutdown can be freed. */
  readonly pipeline: WeakRef<Measured>;
}

/**
 * A registered symbol, because several copies of this package (ESM and CJS, or two versions) may be loaded, and whoever
 * looks at the pipelines of a process means all of them. The number is the version of the shape of {@link Entry}, and
 * of the metrics.
 */
const PIPELINES = Symbol.for('spillway.pipelines/1');

const registry = globalThis as { [PIPELINES]?: Set<Entry> };

/** The live pipelines of this process, whichever copy of this package made them, in the order in which they began. */
export function livePipelines(): readonly LivePipeline[] {
  return [...(registry[PIPELINES] ?? [])].flatMap(({ name, signal, pipeline }) => {
    const live = pipeline.deref();
    return live === undefined ? [] : [{ name, signal, getMetrics: () => live.getMetrics() }];
  });
}

/** @returns a function to call when the pipeline has shut down */
export function registerPipeline(name: string, signal: string, pipeline: Measured): () => void {
  // Some worker platforms have no weak references, and a strong one to each pipeline ever made would be a leak.
  if (typeof WeakRef !== 'function') return () => {};
  const entries = (registry[PIPELINES] ??= new Set());
  for (const entry of entries) if (entry.pipeline.deref() === undefined) entries.delete(entry);
  const entry = { name, signal, pipeline: new WeakRef(pipeline) };
  entries.add(entry);
  return () => entries.delete(entry);
}
