import type { PressureSource } from '@spillway/backpressure';
import { type MetricExporterName, readOtlpExporterEnvironment, type Signal, withEnvironment } from '@spillway/config';
import { DEFAULT_OTLP_URL, type MeterSource, type SelfObsMeterProvider } from '@spillway/otlp';
import { shownPath } from '@spillway/otlp/transport';
import type { ForceFlushOptions, HandOver, ProcessorMetrics, RequestSpool } from '@spillway/pipeline';
import type { Settings } from '../sdk/settings.ts';

/** The part that our processors and our metric reader have in common. */
export interface Processor extends HandOver {
  forceFlush(options?: ForceFlushOptions): Promise<void>;
  shutdown(): Promise<void>;
  getMetrics(): ProcessorMetrics;
}

/** A processor or reader, and its destination. */
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
interface OwnOptions<Exporter> {
  readonly exporter?: Exporter | undefined;
  readonly pressure?: readonly PressureSource[] | undefined;
  readonly spool?: RequestSpool | undefined;
  readonly selfObsMeterProvider?: SelfObsMeterProvider | undefined;
}

/** What the pipelines of all signals share. */
export interface CommonParts {
  readonly settings: Pick<Settings, 'exporters' | 'planned' | 'ofFile' | 'pressure'>;
  readonly spool: RequestSpool | undefined;
  /** Where self-metrics are recorded; `undefined` if they are not. */
  readonly meterSource: MeterSource | undefined;
}

/**
 * One pipeline to the application's exporter. Without it, one pipeline for each named exporter that items are sent to.
 * @param exporterOf makes the named exporters, except `otlp`, which the processor makes itself
 * @throws RefusedOption
 */
export function pipelinesOf<P extends Processor, Exporter extends object, Options extends OwnOptions<Exporter>>(
  signal: Signal,
  { settings: { exporters, planned, ofFile, pressure }, spool, meterSource }: CommonParts,
  options: Options | false | undefined,
  processorOf: (options: Options & OwnOptions<Exporter>) => P,
  exporterOf: Readonly<Partial<Record<MetricExporterName, () => Exporter>>>,
): readonly Pipeline<P>[] {
  if (options === false) return [];
  const own = {
    ...options,
    pressure: options?.pressure ?? pressure,
    selfObsMeterProvider: options?.selfObsMeterProvider ?? meterSource,
  } as Options;
  const made = (exporter: Exporter | undefined, ownSpool: RequestSpool | undefined): P => {
    try {
      return processorOf({ ...own, exporter, spool: ownSpool });
    } catch (error) {
      throw new RefusedOption(error);
    }
  };
  const given = own.exporter;
  if (given !== undefined) {
    const make = (): P => made(given, own.spool ?? spool);
    const processor = ofFile === undefined ? make() : withEnvironment(ofFile.environment, make);
    return [{ ...customExporter(given), processor }];
  }
  const pipelineTo = (name: MetricExporterName): Pipeline<P> => ({
    ...namedExporter(name, signal),
    // Lines on a stream have no outage that a spool could outlast.
    processor: made(exporterOf[name]?.(), name === 'otlp' ? (own.spool ?? spool) : undefined),
  });
  const settled = planned[signal]
    ?.filter(isSentTo)
    .map(({ exporter, environment }) => withEnvironment(environment, () => pipelineTo(exporter)));
  return settled ?? exporters[signal].filter((exporter) => isSentTo({ exporter })).map(pipelineTo);
}

/** Prometheus is sent nothing: it asks. */
function isSentTo({ exporter }: { readonly exporter: MetricExporterName }): boolean {
  return exporter !== 'prometheus';
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
