import type { PressureSource } from '@spillway/backpressure';
import { readOtlpExporterEnvironment, type Signal } from '@spillway/config';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { DEFAULT_OTLP_URL } from '@spillway/otlp';
import { shownPath } from '@spillway/otlp/transport';
import type { ItemExporter } from '@spillway/pipeline';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import type { LogsSdkModule, TraceSdkModule } from './sdk-module-types.ts';
import type { Settings } from './settings.ts';
import type { StartOptions } from './start-options.ts';

export type Processor = BackpressureSpanProcessor | BackpressureLogRecordProcessor;

/** A processor, and its destination. */
export interface Pipeline<P extends Processor = Processor> {
  readonly processor: P;
  /** `otlp`, `otlp/stdout`, `console`, or the class name of the application's exporter. */
  readonly exporter: string;
  /**
   * A URL without credentials, query and fragment, and with only standard parts of the path; `undefined` if unknown.
   */
  readonly endpoint: string | undefined;
}

/**
 * A processor's error about a wrong option, which goes to the caller. Any other failure comes from installed packages.
 */
export class RefusedOption extends Error {
  constructor(cause: unknown) {
    super('a processor refused an option', { cause });
    this.name = 'RefusedOption';
  }
}

/** The options that are set here, in addition to the application's. */
interface OwnOptions {
  readonly exporter?: ItemExporter<never> | undefined;
  readonly pressure?: readonly PressureSource[] | undefined;
}

/** @throws RefusedOption */
export function tracePipelines(
  settings: Settings,
  options: StartOptions['traces'],
  sdk: TraceSdkModule,
): readonly Pipeline<BackpressureSpanProcessor>[] {
  return pipelinesOf('traces', settings, options, (own) => new BackpressureSpanProcessor(own), {
    console: () => new sdk.ConsoleSpanExporter(),
    'otlp/stdout': () => new OtlpSpanExporter({ output: process.stdout }),
  });
}

/** @throws RefusedOption */
export function logPipelines(
  settings: Settings,
  options: StartOptions['logs'],
  sdk: LogsSdkModule,
): readonly Pipeline<BackpressureLogRecordProcessor>[] {
  return pipelinesOf('logs', settings, options, (own) => new BackpressureLogRecordProcessor(own), {
    console: () => new sdk.ConsoleLogRecordExporter(),
    'otlp/stdout': () => new OtlpLogRecordExporter({ output: process.stdout }),
  });
}

/** One pipeline to the application's exporter. Without it, one pipeline for each named exporter. */
function pipelinesOf<P extends Processor, Options extends OwnOptions>(
  signal: Signal,
  { exporters, pressure }: Settings,
  options: Options | false | undefined,
  processorOf: (options: Options & OwnOptions) => P,
  exporterOf: Readonly<Record<string, () => ItemExporter<never>>>,
): readonly Pipeline<P>[] {
  if (options === false) return [];
  const own = { ...options, pressure: options?.pressure ?? pressure } as Options;
  const made = (exporter?: ItemExporter<never>): P => {
    try {
      return processorOf({ ...own, exporter });
    } catch (error) {
      throw new RefusedOption(error);
    }
  };
  const given = own.exporter;
  if (given !== undefined) return [{ ...customExporter(given), processor: made(given) }];
  return exporters[signal].map((name) => ({
    ...namedExporter(name, signal),
    // The processor makes the exporter `otlp` itself.
    processor: made(exporterOf[name]?.()),
  }));
}

function customExporter(exporter: object): Omit<Pipeline, 'processor'> {
  return { exporter: exporter.constructor.name || 'exporter', endpoint: undefined };
}

function namedExporter(exporter: string, signal: Signal): Omit<Pipeline, 'processor'> {
  if (exporter !== 'otlp') return { exporter, endpoint: undefined };
  return {
    exporter,
    endpoint: withoutCredentials(readOtlpExporterEnvironment(signal).url ?? DEFAULT_OTLP_URL[signal]),
  };
}

/** User information, the query and unusual parts of the path may each contain a key. */
function withoutCredentials(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${shownPath(pathname)}`;
}
