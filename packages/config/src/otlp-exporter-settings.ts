import { bothForms, everySignal, type SettingsOf } from './setting.ts';
import { namesOf, type Signal } from './signal.ts';
import { boolean } from './value-types/boolean.ts';
import { timeout } from './value-types/duration.ts';
import { baseEndpoint, signalEndpoint } from './value-types/endpoint.ts';
import { headers, type Headers } from './value-types/headers.ts';
import { wordOf } from './value-types/one-of.ts';
import { text, type ValueType } from './value-types/value-type.ts';

/** How requests are compressed. */
export type OtlpCompression = 'gzip' | 'zstd' | 'none';

/** How requests are encoded and carried. */
export type OtlpProtocol = 'http/protobuf' | 'http/json';

/** Options of an OTLP exporter that the environment sets. Options that it does not set are absent. */
export interface OtlpExporterEnvironment {
  /** The whole URL of the signal. */
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
}

const compression = wordOf<OtlpCompression>(['gzip', 'zstd', 'none']);

const httpProtocol = wordOf<OtlpProtocol>(['http/protobuf', 'http/json']);

/** The specification's other protocol is told apart from typing errors. */
const protocol: ValueType<OtlpProtocol> = {
  name: httpProtocol.name,
  parse: (word) =>
    word.toLowerCase() === 'grpc'
      ? { problem: 'only http/protobuf and http/json are implemented' }
      : httpProtocol.parse(word),
};

const otlpVariable =
  <T>(name: string, type: ValueType<T>) =>
  (signal: Signal) =>
    bothForms('OTEL_EXPORTER_OTLP_', name, type, signal);

/** The options of the OTLP exporters, in the order in which tables list them. */
export const OTLP_EXPORTER_SETTINGS: SettingsOf<OtlpExporterEnvironment> = {
  url: {
    meaning:
      "Where requests go. A signal's own form is used unchanged; the common form is a base URL, to which `v1/traces` or `v1/logs` is appended",
    default: { traces: '`http://localhost:4318/v1/traces`', logs: '`http://localhost:4318/v1/logs`' },
    sources: (signal) => {
      const { infix, path } = namesOf(signal);
      return [
        { name: `OTEL_EXPORTER_OTLP_${infix}_ENDPOINT`, type: signalEndpoint },
        { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', type: baseEndpoint(path) },
      ];
    },
  },
  headers: {
    meaning:
      "Headers of every request, percent-encoded. Both forms are joined; if both set a header, the signal's own form wins",
    default: everySignal('none'),
    sources: otlpVariable('HEADERS', headers),
  },
  timeoutMillis: {
    meaning: 'How long one request may take; 0 is no limit',
    default: everySignal('10000'),
    sources: otlpVariable('TIMEOUT', timeout),
  },
  compression: {
    meaning: 'Compression of requests',
    default: everySignal('`none`'),
    sources: otlpVariable('COMPRESSION', compression),
  },
  protocol: {
    meaning: 'Encoding and transport of requests',
    default: everySignal('`http/protobuf`'),
    sources: otlpVariable('PROTOCOL', protocol),
  },
  certificateFile: {
    meaning: "PEM file with the certificates that are trusted to sign the collector's certificate",
    default: everySignal("the system's"),
    sources: otlpVariable('CERTIFICATE', text),
  },
  clientKeyFile: {
    meaning: 'PEM file with the private key for mutual TLS',
    default: everySignal('none'),
    sources: otlpVariable('CLIENT_KEY', text),
  },
  clientCertificateFile: {
    meaning: 'PEM file with the certificate chain for mutual TLS',
    default: everySignal('none'),
    sources: otlpVariable('CLIENT_CERTIFICATE', text),
  },
  insecure: {
    meaning:
      'Turns TLS off for gRPC, which is not supported yet. Over HTTP, `http://` or `https://` in the URL decides',
    default: everySignal('`false`'),
    sources: otlpVariable('INSECURE', boolean),
  },
};
