import type { RequestSpool } from './request-spool.ts';
import type { Spooling, SpoolingParts } from './spooling.ts';

/** A spool that brings the code of spools with it, because a page without a spool does not load that. */
export interface SpoolOfPages extends RequestSpool {
  /** Called once for each pipeline: `new Spooling(parts)` of `@spillway/pipeline/spool`. */
  spoolingOf<Batch>(parts: SpoolingParts<Batch>): Spooling<Batch>;
}

export function isSpoolOfPages(spool: RequestSpool): spool is SpoolOfPages {
  return typeof (spool as Partial<SpoolOfPages>).spoolingOf === 'function';
}
