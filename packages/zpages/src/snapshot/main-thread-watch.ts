// oxlint-disable-next-line no-restricted-imports -- only `performance` has eventLoopUtilization
import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { type LivePipeline, livePipelines, onPipeline } from '@spillway/pipeline';
import { PipelineWatch } from './pipeline-watch.ts';
import type { ProcessSnapshot, Snapshot } from './snapshot.ts';

/** Makes snapshots of this thread: of its pipelines, and of the process. */
export class MainThreadWatch {
  /**
   * By the number of the pipeline. A function that removes an observer keeps its pipeline in memory, so watches are not
   * removed: they end with their pipeline.
   */
  readonly #watches = new Map<number, PipelineWatch>();
  readonly #ignoreNew: () => void;
  #loop = performance.eventLoopUtilization();

  constructor() {
    for (const pipeline of livePipelines()) this.#watch(pipeline);
    this.#ignoreNew = onPipeline((pipeline) => this.#watch(pipeline));
  }

  snapshot(): Snapshot {
    const live = livePipelines();
    const ids = new Set(live.map(({ id }) => id));
    for (const id of this.#watches.keys()) if (!ids.has(id)) this.#watches.delete(id);
    return {
      process: this.#process(),
      pipelines: live.map((pipeline) => this.#watch(pipeline).snapshotOf(pipeline)),
    };
  }

  close(): void {
    this.#ignoreNew();
    this.#watches.clear();
  }

  #watch(pipeline: LivePipeline): PipelineWatch {
    const known = this.#watches.get(pipeline.id);
    if (known !== undefined) return known;
    const watch = new PipelineWatch();
    this.#watches.set(pipeline.id, watch);
    pipeline.observe(watch);
    return watch;
  }

  #process(): ProcessSnapshot {
    const loop = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(loop, this.#loop);
    this.#loop = loop;
    const { used_heap_size: heapUsedBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics();
    return {
      pid: process.pid,
      version: process.version,
      uptimeMs: process.uptime() * 1_000,
      rssBytes: process.memoryUsage.rss(),
      heapUsedBytes,
      heapLimitBytes,
      loopUtilization: utilization,
    };
  }
}
