import { resolve } from 'node:path';
import { above0, wholeFrom1 } from '@spillway/backpressure';

/**
 * When written records are made durable, so that they survive a power cut or a crash of the system. Whatever the mode, they
 * survive a crash of the process, also `kill -9`, as soon as they are written.
 *
 * - `never`: when the system likes, on Linux within about 30 s
 * - `interval`: at most 500 ms after they were written
 * - `segment`: when their file is full, or the spool is closed
 * - `always`: with each write
 */
export const SYNC_MODES = ['never', 'interval', 'segment', 'always'] as const;

export type SyncMode = (typeof SYNC_MODES)[number];

export interface SpoolOptions {
  /**
   * Where the files are, in a folder for each service. It is made when the first request is stored. Several processes and
   * services may share it. It should belong to the user of the process alone.
   */
  readonly directory: string;
  /** Processes of the same service take over what one of them has left. Default `OTEL_SERVICE_NAME`, or `unknown_service`. */
  readonly service?: string | undefined;
  /**
   * Most bytes in the folder of the service, of all its processes together. Beyond that, the oldest requests are given up. At
   * least 1 MiB. Default 512 MiB.
   */
  readonly maxBytes?: number | undefined;
  /**
   * Milliseconds after which a stored request is given up instead of sent. `Infinity` is no limit. Default 7 days:
   * somebody notices a broken collector in that time, and it is also the age up to which Loki 3 takes log records by default
   * (`reject_old_samples_max_age`).
   */
  readonly maxAgeMillis?: number | undefined;
  /** Default `interval`. */
  readonly sync?: SyncMode | undefined;
}

export interface ResolvedSpoolOptions {
  /** Absolute, because the working folder of a process may change. */
  readonly directory: string;
  readonly service: string;
  readonly maxBytes: number;
  readonly maxAgeMillis: number;
  readonly sync: SyncMode;
  /** Of one file, unless a single request is larger. */
  readonly segmentBytes: number;
}

export const DEFAULT_SPOOL_OPTIONS = {
  maxBytes: 512 * 2 ** 20,
  maxAgeMillis: 7 * 24 * 3_600_000,
  sync: 'interval',
} as const satisfies Partial<SpoolOptions>;

const LEAST_MAX_BYTES = 2 ** 20;
/** Large enough that a file costs little, small enough that giving up the oldest one loses little. */
const MOST_SEGMENT_BYTES = 8 * 2 ** 20;
/** A small spool has at least this many files, so that giving up the oldest one loses an eighth at most. */
const LEAST_SEGMENTS = 8;

/** @throws TypeError or RangeError that names the option and the value */
export function resolveSpoolOptions(options: SpoolOptions): ResolvedSpoolOptions {
  const { directory, service = environmentService(), sync = DEFAULT_SPOOL_OPTIONS.sync } = options;
  text('directory', directory);
  text('service', service);
  if (!SYNC_MODES.includes(sync))
    throw new RangeError(`sync must be one of ${SYNC_MODES.join(', ')}, got ${sync as string}`);
  const maxBytes = wholeFrom1('maxBytes', options.maxBytes ?? DEFAULT_SPOOL_OPTIONS.maxBytes);
  if (maxBytes < LEAST_MAX_BYTES) throw new RangeError(`maxBytes must be at least ${LEAST_MAX_BYTES}, got ${maxBytes}`);
  return {
    directory: resolve(directory),
    service,
    maxBytes,
    maxAgeMillis: above0('maxAgeMillis', options.maxAgeMillis ?? DEFAULT_SPOOL_OPTIONS.maxAgeMillis),
    sync,
    segmentBytes: Math.min(Math.floor(maxBytes / LEAST_SEGMENTS), MOST_SEGMENT_BYTES),
  };
}

function environmentService(): string {
  // eslint-disable-next-line typescript/prefer-nullish-coalescing -- an empty variable counts as unset
  return process.env['OTEL_SERVICE_NAME']?.trim() || 'unknown_service';
}

function text(field: string, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(`${field} must be a string, got ${typeof value} ${String(value)}`);
  if (value === '' || value.includes('\0'))
    throw new RangeError(
      `${field} must be a name of at least one character, without NUL, got ${JSON.stringify(value)}`,
    );
}
