export { Spool } from './spool.ts';
export { DEFAULT_SPOOL_OPTIONS, SYNC_MODES, type SpoolOptions, type SyncMode } from './spool-options.ts';
