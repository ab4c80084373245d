export {
  type InspectOptions,
  listSpool,
  type PurgeOptions,
  purgeSpool,
  type PurgeResult,
  type SpooledProcess,
  verifySpool,
} from './inspect/inspect-spool.ts';
export type { OwnerState } from './inspect/process-folders.ts';
export type { SpooledChain, VerifiedChain } from './inspect/spooled-chain.ts';
export { Spool } from './spool.ts';
export { DEFAULT_SPOOL_OPTIONS, SYNC_MODES, type SpoolOptions, type SyncMode } from './spool-options.ts';
