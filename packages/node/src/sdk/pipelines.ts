import { readOtlpExporterEnvironment, type Signal } from '@spillway/config';
import { BackpressureLogRecordProcessor } from '@spillway/logs';
import { BackpressureSpanProcessor } from '@spillway/trace';
import type { LogsSdkModule, TraceSdkModule } from './opentelemetry.ts';
import type { Settings } from './settings.ts';
import type { StartOptions } from './start-options.ts';

export type Processor = BackpressureSpanProcessor | BackpressureLogRecordProcessor;

/** A processor, and where it sends to. */
export interface Pipeline<P extends Processor = Processor> {
  readonly processor: P;
  /** `otlp`, `console`, or the name of the class that the application has given. */
  readonly exporter: string;
  /** A URL without credentials, query and fragment; `undefined` where it is not known. */
  readonly endpoint: string | undefined;
}

/** What the processor says of a wrong option, which is for the caller; all else that fails is of what is installed. */
export class RefusedOption extends Error {
  constructor(cause: unknown) {
    super('an option is refused', { cause });
    this.name = 'RefusedOption';
  }
}

/** As the exporters have it where nothing is said. */
const DEFAULT_ENDPOINT: Readonly<Record<Signal, string>> = {
  traces: 'http://localhost:4318/v1/traces',
  logs: 'http://localhost:4318/v1/logs',
};

/** @throws RefusedOption */
export function tracePipelines({ exporters, pressure }: Settings, options: StartOptions['traces'], sdk: TraceSdkModule): readonly Pipeline<BackpressureSpanProcessor>[] {
  if (options === false) return [];
  const { exporters: _, exporter: given, ...own } = options ?? {};
  const rest = { ...own, pressure: own.pressure ?? pressure };
  if (given !== undefined) return [{ ...customExporter(given), processor: made(() => new BackpressureSpanProcessor({ ...rest, exporter: given })) }];
  return exporters.traces.map((name) => ({
    ...namedExporter(name, 'traces'),
    processor: made(() => new BackpressureSpanProcessor(name === 'console' ? { ...rest, exporter: new sdk.ConsoleSpanExporter() } : rest)),
  }));
}

/** @throws RefusedOption */
export function logPipelines({ exporters, pressure }: Settings, options: StartOptions['logs'], sdk: LogsSdkModule): readonly Pipeline<BackpressureLogRecordProcessor>[] {
  if (options === false) return [];
  const { exporters: _, exporter: given, ...own } = options ?? {};
  const rest = { ...own, pressure: own.pressure ?? pressure };
  if (given !== undefined) return [{ ...customExporter(given), processor: made(() => new BackpressureLogRecordProcessor({ ...rest, exporter: given })) }];
  return exporters.logs.map((name) => ({
    ...namedExporter(name, 'logs'),
    processor: made(() => new BackpressureLogRecordProcessor(name === 'console' ? { ...rest, exporter: new sdk.ConsoleLogRecordExporter() } : rest)),
  }));
}

function made<P>(make: () => P): P {
  try {
    return make();
  } catch (error) {
    throw new RefusedOption(error);
  }
}

function customExporter(exporter: object): Omit<Pipeline, 'processor'> {
  return { exporter: exporter.constructor.name || 'exporter', endpoint: undefined };
}

function namedExporter(exporter: string, signal: Signal): Omit<Pipeline, 'processor'> {
  if (exporter !== 'otlp') return { exporter, endpoint: undefined };
  return { exporter, endpoint: withoutCredentials(readOtlpExporterEnvironment(signal).url ?? DEFAULT_ENDPOINT[signal]) };
}

/** What stands before the host, and what may hold a key behind the path. */
function withoutCredentials(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
