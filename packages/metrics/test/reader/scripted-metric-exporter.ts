import type { ExportResultLike } from '@spillway/pipeline';
import { vi } from 'vitest';
import type { PushMetricExporterLike, ResourceMetricsLike } from '../../src/index.ts';

type Done = (result: ExportResultLike) => void;
type Script = (metrics: ResourceMetricsLike, done: Done) => unknown;

/** A foreign exporter that follows scripts, one for each export; the last one is repeated for ever. */
export class ScriptedMetricExporter implements PushMetricExporterLike {
  readonly calls: ResourceMetricsLike[] = [];
  readonly shutdown = vi.fn<() => Promise<void>>(async () => {});
  readonly forceFlush = vi.fn<() => Promise<void>>(async () => {});
  temporality = 1;
  readonly #scripts: readonly Script[];

  constructor(...scripts: readonly Script[]) {
    this.#scripts = scripts.length === 0 ? [(_, done) => done({ code: 0 })] : scripts;
  }

  selectAggregationTemporality(): number {
    return this.temporality;
  }

  export(metrics: ResourceMetricsLike, done: Done): void {
    const script = this.#scripts[Math.min(this.calls.length, this.#scripts.length - 1)] as Script;
    this.calls.push(metrics);
    return script(metrics, done) as void;
  }

  /** The values of a sum, in the order of the exports. */
  valuesOf(name: string): unknown[] {
    return this.calls
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value));
  }
}
