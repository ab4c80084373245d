import type { SdkEnvironment, SpoolSyncName } from './sdk-settings.ts';

/** What variables say about the spool. */
export interface SpoolSettings {
  readonly directory: string;
  readonly maxBytes: number | undefined;
  readonly sync: SpoolSyncName | undefined;
  readonly maxAgeMillis: number | undefined;
}

/** @returns `undefined` without a directory, because then there is no spool */
export function spoolSettingsOf(environment: SdkEnvironment): SpoolSettings | undefined {
  const { spoolDirectory: directory, spoolMaxBytes, spoolSync, spoolMaxAgeMillis } = environment;
  if (directory === undefined) return undefined;
  return { directory, maxBytes: spoolMaxBytes, sync: spoolSync, maxAgeMillis: spoolMaxAgeMillis };
}
