import { defer } from '@spillway/backpressure';
import { KEEPALIVE_BYTES } from '@spillway/otlp/transport';
import type { LeavablePipeline, SpoolPlace } from '@spillway/pipeline';
import { Spooling, type SpoolingParts, type SpoolOfPages } from '@spillway/pipeline/spool';
import { whenBack, whenLeft } from './page-events.ts';
import { PagePlace } from './page-place.ts';
import { type PageSpoolOptions, resolvePageSpoolOptions } from './page-spool-options.ts';

/**
 * Gets what a page holds to the collector although the page is closed or left, or the collector cannot be reached. For the
 * option `spool` of processors and readers; one for all of them.
 *
 * When the page is hidden or left, requests start within that event and outlive the page. What does not fit into them, and
 * what memory cannot hold while the collector is away, goes to IndexedDB. This page sends it later, or the next page of the
 * origin does.
 */
export class PageSpool implements SpoolOfPages {
  readonly #options: Required<PageSpoolOptions>;
  readonly #places = new Set<PagePlace>();
  /** Tells the requests of this page from those that others have left. */
  readonly #page = Math.random().toString(36).slice(2);
  #stopWatching: (() => void) | undefined;
  #hasTakenIn = false;

  /** @throws RangeError or TypeError that names option and value */
  constructor(options: PageSpoolOptions = {}) {
    this.#options = resolvePageSpoolOptions(options);
  }

  spoolingOf<Batch>(parts: SpoolingParts<Batch>): Spooling<Batch> {
    return new Spooling(parts);
  }

  join(pipeline: LeavablePipeline): SpoolPlace {
    const place = new PagePlace(pipeline, this.#options, this.#page, () => this.#onClosed(place));
    this.#places.add(place);
    this.#stopWatching ??= this.#watch();
    return place;
  }

  /**
   * Sends what the pipelines hold, as if the page were left now: for an application that knows better. Each pipeline has
   * an equal share of what may be sent, and then whatever the others have left of theirs.
   */
  leave(): void {
    this.#takeIn();
    const share = KEEPALIVE_BYTES / this.#places.size;
    for (const place of this.#places) place.leave(share, false);
    for (const place of this.#places) place.leave(KEEPALIVE_BYTES, true);
  }

  /** Once a turn, because a page that is closed is told so by two events, and metrics would be collected twice. */
  #takeIn(): void {
    if (this.#hasTakenIn) return;
    this.#hasTakenIn = true;
    defer(() => (this.#hasTakenIn = false));
    for (const place of this.#places) place.takeIn();
  }

  #watch(): () => void {
    // A worker has no page that is left, and no such events.
    if (typeof document === 'undefined') return () => {};
    const stops = [
      whenLeft(() => this.leave()),
      whenBack(() => {
        for (const place of this.#places) place.resume();
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }

  #onClosed(place: PagePlace): void {
    this.#places.delete(place);
    if (this.#places.size > 0) return;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }
}
