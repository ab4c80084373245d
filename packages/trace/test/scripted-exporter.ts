import type { ReadableSpanLike } from '@spillway/trace';
import type { ExportResultLike, ItemExporter } from '@spillway/otlp';
import { vi } from 'vitest';

type Script = (spans: ReadableSpanLike[], done: (result: ExportResultLike) => void) => unknown;

/** An exporter that does as the scripts say, one for each export; the last one goes on for ever. */
export class ScriptedExporter implements ItemExporter<ReadableSpanLike> {
  readonly calls: ReadableSpanLike[][] = [];
  readonly shutdown = vi.fn<() => Promise<void>>(async () => {});
  forceFlush?: () => Promise<void>;
  readonly #scripts: readonly Script[];

  constructor(...scripts: readonly Script[]) {
    this.#scripts = scripts;
  }

  export(spans: ReadableSpanLike[], done: (result: ExportResultLike) => void): void {
    const script = this.#scripts[Math.min(this.calls.length, this.#scripts.length - 1)] as Script;
    this.calls.push(spans);
    // What a script returns (a promise that rejects) must reach the caller, as from an exporter that is written so.
    return script(spans, done) as void;
  }

  get exported(): readonly ReadableSpanLike[] {
    return this.calls.flat();
  }
}

/** An exporter that takes everything. */
export function recordingExporter(): ScriptedExporter {
  return new ScriptedExporter((_, done) => done({ code: 0 }));
}
