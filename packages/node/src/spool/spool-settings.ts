import type { SdkEnvironment, SpoolSyncName, Warn } from '@spillway/config';

/** What variables say about the spool. */
export interface SpoolSettings {
  readonly directory: string;
  readonly maxBytes: number | undefined;
  readonly sync: SpoolSyncName | undefined;
  readonly maxAgeMillis: number | undefined;
}

/** @returns `undefined` without a directory, because then there is no spool */
export function spoolSettingsOf(
  { spoolDirectory, spoolMaxBytes, spoolSync, spoolMaxAgeMillis }: SdkEnvironment,
  warn: Warn,
): SpoolSettings | undefined {
  if (spoolDirectory !== undefined) {
    return { directory: spoolDirectory, maxBytes: spoolMaxBytes, sync: spoolSync, maxAgeMillis: spoolMaxAgeMillis };
  }
  const others = {
    SPILLWAY_SPOOL_MAX_BYTES: spoolMaxBytes,
    SPILLWAY_SPOOL_SYNC: spoolSync,
    SPILLWAY_SPOOL_MAX_AGE: spoolMaxAgeMillis,
  };
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) warn(`${name} has no effect, because SPILLWAY_SPOOL_DIRECTORY is not set`);
  }
  return undefined;
}
