import { notAbove, wholeFrom1 } from '@spillway/backpressure';
import {
  processEnvironment,
  readBatchProcessorEnvironment,
  type SdkEnvironment,
  spoolSettingsOf,
} from '@spillway/config';
import type { StandaloneLoggerOptions } from '@spillway/logs/standalone';
import type { OtlpExporterOptions } from '@spillway/otlp';
import type { RequestSpool } from '@spillway/pipeline';
import { Spool, type SpoolOptions } from '@spillway/spool';

/** Functions and objects of the application do not reach the thread of a transport. */
type OnlyInTheThreadOfTheApplication =
  | 'keep'
  | 'memoryBudget'
  | 'onDrop'
  | 'onStateChange'
  | 'pressure'
  | 'priorityOf'
  | 'selfObsMeterProvider'
  | 'spool';

/** Options of the exporter that can be passed to a thread. */
export interface PinoExporterOptions extends Omit<OtlpExporterOptions, 'headers' | 'output' | 'selfObsMeterProvider'> {
  /** Sent with each request, in addition to those of the environment. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Options of the transport: those of the log record processor, of its exporter, and of the resource. */
export interface PinoTransportOptions extends Omit<
  StandaloneLoggerOptions,
  OnlyInTheThreadOfTheApplication | 'exporter'
> {
  /** Where records go. Default: as the environment says. */
  readonly exporter?: PinoExporterOptions | undefined;
  /** Keeps on disk what memory cannot hold, and what cannot be sent before the end. Default: as `SPILLWAY_SPOOL_DIRECTORY` says. */
  readonly spool?: SpoolOptions | undefined;
  /**
   * How long the end of the process waits for records that are left, in milliseconds. Default 9 000, which is also the
   * most: pino ends the thread after 10 s.
   */
  readonly drainTimeoutMillis?: number | undefined;
}

/** One second less than thread-stream waits for the end of its thread. */
const LONGEST_DRAIN_MILLIS = 9_000;

/** @throws RangeError or TypeError that names option and value */
export function drainTimeoutOf(given: number | undefined): number {
  if (given !== undefined) {
    notAbove(
      'drainTimeoutMillis',
      wholeFrom1('drainTimeoutMillis', given),
      'the time that pino waits',
      LONGEST_DRAIN_MILLIS,
    );
    return given;
  }
  const { drainTimeoutMillis = LONGEST_DRAIN_MILLIS } = readBatchProcessorEnvironment('logs', processEnvironment());
  return Math.min(drainTimeoutMillis, LONGEST_DRAIN_MILLIS);
}

/** The spool that options or variables ask for. @throws RangeError or TypeError that names option and value */
export function spoolOf(
  given: SpoolOptions | undefined,
  service: string,
  environment: SdkEnvironment,
): RequestSpool | undefined {
  const options = given ?? spoolSettingsOf(environment);
  return options && new Spool({ service, ...options });
}
