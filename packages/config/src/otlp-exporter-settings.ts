import { bothForms, everySignal, type SettingsOf, type Sources } from './setting.ts';
import { boolean } from './value-types/boolean.ts';
import { timeout } from './value-types/duration.ts';
import { baseEndpoint, signalEndpoint } from './value-types/endpoint.ts';
import { grpcEndpoint } from './value-types/grpc-endpoint.ts';
import { headers, type Headers } from './value-types/headers.ts';
import { wordOf } from './value-types/one-of.ts';
import { text } from './value-types/value-type.ts';

/** How requests are compressed. */
export type OtlpCompression = 'gzip' | 'zstd' | 'none';

/** How requests are encoded and carried. */
export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc';

/** Every {@link TemporalityPreferenceName}. */
export const TEMPORALITY_PREFERENCES = ['cumulative', 'delta', 'lowmemory'] as const;

/** Whether data points count from the start of the process, or from the collection before. */
export type TemporalityPreferenceName = (typeof TEMPORALITY_PREFERENCES)[number];

/** Every {@link HistogramAggregationName}. */
export const HISTOGRAM_AGGREGATIONS = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const;

/** How the measurements of a histogram are aggregated. */
export type HistogramAggregationName = (typeof HISTOGRAM_AGGREGATIONS)[number];

/** Options of an OTLP exporter that the environment sets. Options that it does not set are absent. */
export interface OtlpExporterEnvironment {
  /** The whole URL of the signal. For gRPC, a URL with an explicit port and no path, or `unix:` and a path. */
  readonly url?: string;
  readonly headers?: Headers;
  /** `Infinity` if the variable is 0. */
  readonly timeoutMillis?: number;
  readonly compression?: OtlpCompression;
  readonly protocol?: OtlpProtocol;
  /** Name of a PEM file, which is not opened here. The next two are also names of PEM files. */
  readonly certificateFile?: string;
  readonly clientKeyFile?: string;
  readonly clientCertificateFile?: string;
  readonly insecure?: boolean;
  /** This one and the next are options of the exporter for metrics only. */
  readonly temporalityPreference?: TemporalityPreferenceName;
  readonly defaultHistogramAggregation?: HistogramAggregationName;
}

const compression = wordOf<OtlpCompression>(['gzip', 'zstd', 'none']);

const protocol = wordOf<OtlpProtocol>(['http/protobuf', 'http/json', 'grpc']);

/** The options of the OTLP exporters, in the order in which tables list them. */
export const OTLP_EXPORTER_SETTINGS: SettingsOf<OtlpExporterEnvironment> = {
  url: {
    meaning:
      "Where requests go. A signal's own form is used unchanged; the common form is a base URL, to which `v1/traces`, `v1/logs` or `v1/metrics` is appended. For gRPC, both are a URL or a host and port (4317 if it has none), and the default is `http://localhost:4317`",
    default: {
      traces: '`http://localhost:4318/v1/traces`',
      logs: '`http://localhost:4318/v1/logs`',
      metrics: '`http://localhost:4318/v1/metrics`',
    },
    sources: {
      traces: [
        { name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', type: signalEndpoint },
        { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', type: baseEndpoint('v1/traces') },
      ],
      logs: [
        { name: 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT', type: signalEndpoint },
        { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', type: baseEndpoint('v1/logs') },
      ],
      metrics: [
        { name: 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', type: signalEndpoint },
        { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', type: baseEndpoint('v1/metrics') },
      ],
    },
  },
  headers: {
    meaning:
      "Headers of every request, percent-encoded. Both forms are joined; if both set a header, the signal's own form wins",
    default: everySignal('none'),
    sources: bothForms(headers, 'OTEL_EXPORTER_OTLP_HEADERS', {
      traces: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
      logs: 'OTEL_EXPORTER_OTLP_LOGS_HEADERS',
      metrics: 'OTEL_EXPORTER_OTLP_METRICS_HEADERS',
    }),
  },
  timeoutMillis: {
    meaning: 'How long one request may take; 0 is no limit',
    default: everySignal('10000'),
    sources: bothForms(timeout, 'OTEL_EXPORTER_OTLP_TIMEOUT', {
      traces: 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
      logs: 'OTEL_EXPORTER_OTLP_LOGS_TIMEOUT',
      metrics: 'OTEL_EXPORTER_OTLP_METRICS_TIMEOUT',
    }),
  },
  compression: {
    meaning: 'Compression of requests',
    default: everySignal('`none`'),
    sources: bothForms(compression, 'OTEL_EXPORTER_OTLP_COMPRESSION', {
      traces: 'OTEL_EXPORTER_OTLP_TRACES_COMPRESSION',
      logs: 'OTEL_EXPORTER_OTLP_LOGS_COMPRESSION',
      metrics: 'OTEL_EXPORTER_OTLP_METRICS_COMPRESSION',
    }),
  },
  protocol: {
    meaning: 'Encoding and transport of requests',
    default: everySignal('`http/protobuf`'),
    sources: bothForms(protocol, 'OTEL_EXPORTER_OTLP_PROTOCOL', {
      traces: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
      logs: 'OTEL_EXPORTER_OTLP_LOGS_PROTOCOL',
      metrics: 'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
    }),
  },
  certificateFile: {
    meaning: "PEM file with the certificates that are trusted to sign the collector's certificate",
    default: everySignal("the system's"),
    sources: bothForms(text, 'OTEL_EXPORTER_OTLP_CERTIFICATE', {
      traces: 'OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE',
      logs: 'OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE',
      metrics: 'OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE',
    }),
  },
  clientKeyFile: {
    meaning: 'PEM file with the private key for mutual TLS',
    default: everySignal('none'),
    sources: bothForms(text, 'OTEL_EXPORTER_OTLP_CLIENT_KEY', {
      traces: 'OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY',
      logs: 'OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY',
      metrics: 'OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY',
    }),
  },
  clientCertificateFile: {
    meaning: 'PEM file with the certificate chain for mutual TLS',
    default: everySignal('none'),
    sources: bothForms(text, 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', {
      traces: 'OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE',
      logs: 'OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE',
      metrics: 'OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE',
    }),
  },
  insecure: {
    meaning:
      'Turns TLS off for gRPC if the endpoint has no scheme. Otherwise `http://` or `https://` in the endpoint decides',
    default: everySignal('`false`'),
    sources: bothForms(boolean, 'OTEL_EXPORTER_OTLP_INSECURE', {
      traces: 'OTEL_EXPORTER_OTLP_TRACES_INSECURE',
      logs: 'OTEL_EXPORTER_OTLP_LOGS_INSECURE',
      metrics: 'OTEL_EXPORTER_OTLP_METRICS_INSECURE',
    }),
  },
  temporalityPreference: {
    meaning:
      'Whether sums and histograms count from the start of the process, or from the collection before (`delta`); `lowmemory` is `delta` where that saves memory',
    default: { metrics: '`cumulative`' },
    sources: {
      metrics: [{ name: 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', type: wordOf(TEMPORALITY_PREFERENCES) }],
    },
  },
  defaultHistogramAggregation: {
    meaning: 'How histograms are aggregated, unless a view says otherwise',
    default: { metrics: '`explicit_bucket_histogram`' },
    sources: {
      metrics: [
        { name: 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION', type: wordOf(HISTOGRAM_AGGREGATIONS) },
      ],
    },
  },
};

/**
 * The same options for requests over gRPC, whose endpoints have other forms.
 * @param insecure the option of this name
 */
export function grpcExporterSettings(insecure: boolean): SettingsOf<OtlpExporterEnvironment> {
  const { url } = OTLP_EXPORTER_SETTINGS;
  const type = grpcEndpoint(insecure);
  const sources: Sources<string> = Object.fromEntries(
    Object.entries(url.sources).map(([signal, forms]) => [signal, forms.map(({ name }) => ({ name, type }))]),
  );
  return { ...OTLP_EXPORTER_SETTINGS, url: { ...url, default: everySignal('`http://localhost:4317`'), sources } };
}
