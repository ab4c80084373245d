/** The code behind the option `spool`, for a spool of pages: a page without a spool does not load it. */
export { Spooling, type SpoolingParts } from './spooling.ts';
