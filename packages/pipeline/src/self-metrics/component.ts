import type { Signal } from '@spillway/config';
import type { MeterSource, OtlpExporterOptions } from '@spillway/otlp';

/** A processor, reader or exporter, as self-metrics and loss reports name it. */
export interface Component {
  /** A type of OpenTelemetry's semantic conventions if one applies, otherwise the name of the class. */
  readonly type: string;
  /** The type and a number, the same in every run of a process that makes its components in the same order. */
  readonly name: string;
}

/** An exporter, and where it sends. */
export interface ExporterComponent extends Component {
  readonly protocol: 'http' | 'grpc' | undefined;
  /** `undefined` if it sends over no network, or nobody knows. */
  readonly serverAddress: string | undefined;
  readonly serverPort: number | undefined;
  /** Where its own metrics go, if the exporter was told. */
  readonly meterSource: MeterSource | undefined;
}

/** A registered symbol, because the names of all copies of this package must differ. The value is a number a type. */
const COMPONENTS = Symbol.for('spillway.components/1');

/** @param type see {@link Component} */
export function componentOf(type: string): Component {
  const counts = ((globalThis as { [COMPONENTS]?: Map<string, number> })[COMPONENTS] ??= new Map());
  const number = counts.get(type) ?? 0;
  counts.set(type, number + 1);
  return { type, name: `${type}/${number}` };
}

/** What an exporter of Spillway's knows of its way. */
export interface OtlpWay {
  readonly protocol: NonNullable<OtlpExporterOptions['protocol']>;
  readonly url: string | URL;
  readonly hasOutput: boolean;
  readonly meterSource: MeterSource | undefined;
}

const SIGNAL_WORD: Readonly<Record<Signal, string>> = { traces: 'span', logs: 'log', metrics: 'metric' };
const PROTOCOL_WORD: Readonly<Record<OtlpWay['protocol'], string>> = {
  'http/protobuf': 'otlp_http',
  'http/json': 'otlp_http_json',
  grpc: 'otlp_grpc',
};
const DEFAULT_PORT: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** @param className for an exporter to a stream, of which the conventions know nothing */
export function otlpComponent(className: string, signal: Signal, way: OtlpWay): ExporterComponent {
  const { protocol, hasOutput, meterSource } = way;
  if (hasOutput)
    return {
      ...componentOf(className),
      protocol: undefined,
      serverAddress: undefined,
      serverPort: undefined,
      meterSource,
    };
  return {
    ...componentOf(`${PROTOCOL_WORD[protocol]}_${SIGNAL_WORD[signal]}_exporter`),
    protocol: protocol === 'grpc' ? 'grpc' : 'http',
    ...serverOf(String(way.url)),
    meterSource,
  };
}

/** An exporter that is not Spillway's, of which only the class is known. */
export function foreignComponent(exporter: object): ExporterComponent {
  return {
    ...componentOf((exporter.constructor as { name?: string } | undefined)?.name || 'exporter'),
    protocol: undefined,
    serverAddress: undefined,
    serverPort: undefined,
    meterSource: undefined,
  };
}

/** Host and port alone. A socket of Unix has neither. */
function serverOf(url: string): Pick<ExporterComponent, 'serverAddress' | 'serverPort'> {
  try {
    const { hostname, port, protocol } = new URL(url);
    if (hostname === '') return { serverAddress: undefined, serverPort: undefined };
    return {
      serverAddress: hostname.replace(/^\[|\]$/g, ''),
      serverPort: port === '' ? DEFAULT_PORT[protocol] : Number(port),
    };
  } catch {
    return { serverAddress: undefined, serverPort: undefined };
  }
}
