import type { ExportResultLike, ItemExporter } from '@spillway/pipeline';
import { vi } from 'vitest';

type Done = (result: ExportResultLike) => void;
type Script<Item> = (items: Item[], done: Done) => unknown;

/** An exporter that follows scripts, one for each export; the last one is repeated for ever. */
export class ScriptedExporter<Item> implements ItemExporter<Item> {
  readonly calls: Item[][] = [];
  readonly shutdown = vi.fn<() => Promise<void>>(async () => {});
  forceFlush?: () => Promise<void>;
  readonly #scripts: readonly Script<Item>[];
  readonly #waiting: { readonly calls: number; readonly resolve: () => void }[] = [];

  constructor(...scripts: readonly Script<Item>[]) {
    this.#scripts = scripts;
  }

  export(items: Item[], done: Done): void {
    const script = this.#scripts[Math.min(this.calls.length, this.#scripts.length - 1)] as Script<Item>;
    this.calls.push(items);
    for (const { calls, resolve } of this.#waiting) if (this.calls.length >= calls) resolve();
    // The result of a script (a promise that rejects) must reach the caller, as from an exporter that is written like
    // that.
    return script(items, done) as void;
  }

  get exported(): readonly Item[] {
    return this.calls.flat();
  }

  /** Resolves once `export` has been called that often. */
  called(calls: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ calls, resolve });
      if (this.calls.length >= calls) resolve();
    });
  }
}

/** An exporter that accepts everything. */
export function recordingExporter<Item>(): ScriptedExporter<Item> {
  return new ScriptedExporter((_, done) => done({ code: 0 }));
}

/** An exporter whose exports succeed when the test says so. */
export class HeldExporter<Item> extends ScriptedExporter<Item> {
  readonly #held: Done[];
  #isReleased = false;

  constructor() {
    const held: Done[] = [];
    super((_, done) => (this.#isReleased ? done({ code: 0 }) : held.push(done)));
    this.#held = held;
  }

  /** Ends the export that has been held for longest. */
  settle(): void {
    const done = this.#held.shift();
    if (done === undefined) throw new Error('no export is held');
    done({ code: 0 });
  }

  /** Ends the held exports, and holds none from now on. */
  release(): void {
    this.#isReleased = true;
    for (const done of this.#held.splice(0)) done({ code: 0 });
  }
}
