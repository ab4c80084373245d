/** The code behind the option `spool`, for a spool of pages: a page without a spool does not load it. */
export type { SpoolOfPages } from './spool-of-pages.ts';
export { Spooling, type SpoolingParts } from './spooling.ts';
