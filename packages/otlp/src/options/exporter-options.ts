import { certificateReader, checkGrpcUrl } from '#platform';
import { wholeFrom1 } from '@spillway/backpressure';
import {
  type Environment,
  mergeHeaders,
  onceForProcess,
  otlpExporterVariables,
  processEnvironment,
  readOtlpExporterEnvironment,
  type OtlpProtocol,
  type Signal,
  type Warn,
} from '@spillway/config';
import { type MeterSource, meterSourceOf, type SelfObsMeterProvider } from './meter-source.ts';
import type { VariableOf } from './certificate-files.ts';
import { isPromiseLike } from '../encoding/type-of.ts';
import { checkProtocol } from '../transport/create-transport.ts';
import type { LineOutput } from '../transport/line-output.ts';
import type { OtlpTransportOptions } from '../transport/transport-options.ts';

/** Options of the OTLP exporters. All are optional: the environment comes next, then the default. */
export interface OtlpExporterOptions extends Omit<OtlpTransportOptions, 'url'> {
  /**
   * The whole URL; nothing is appended. Default `http://localhost:4318/v1/traces`, `/v1/logs` or `/v1/metrics`. For
   * `grpc`, a URL whose path has no meaning, a host and port, or `unix:` and a path; the default is
   * `http://localhost:4317`.
   */
  readonly url?: string | URL | undefined;
  /** Default `http/protobuf`. For `grpc`, install the package `@spillway/otlp-grpc`. */
  readonly protocol?: OtlpProtocol | undefined;
  /**
   * Requests are written to this stream, such as `process.stdout`, each as one line of OTLP/JSON, and sent nowhere. Of
   * the other options, only `timeoutMillis` and `concurrencyLimit` have an effect then. Only in Node. Default none.
   */
  readonly output?: LineOutput | undefined;
  /** Most requests in flight. One more fails if upstream's processor exports. Default 32. */
  readonly concurrencyLimit?: number | undefined;
  /** Where metrics about the exports are recorded: see docs/self-metrics.md. Default: nowhere. */
  readonly selfObsMeterProvider?: SelfObsMeterProvider | undefined;
}

export interface ResolvedExporterOptions {
  readonly protocol: OtlpProtocol;
  readonly transport: OtlpTransportOptions;
  readonly concurrencyLimit: number;
  readonly output: LineOutput | undefined;
  readonly meterSource: MeterSource | undefined;
}

/** The default URL, by signal. */
export const DEFAULT_OTLP_URL: Readonly<Record<Signal, string>> = {
  traces: 'http://localhost:4318/v1/traces',
  logs: 'http://localhost:4318/v1/logs',
  metrics: 'http://localhost:4318/v1/metrics',
};
/** The default of gRPC, which has no paths. */
export const DEFAULT_GRPC_URL = 'http://localhost:4317';
const DEFAULT_PROTOCOL: OtlpProtocol = 'http/protobuf';
const DEFAULT_CONCURRENCY_LIMIT = 32;

/**
 * Code, then environment, then default. Headers of both are merged; if both have a header, the code wins.
 * @throws RangeError or TypeError that names option and value
 */
export function resolveExporterOptions(
  signal: Signal,
  options: OtlpExporterOptions,
  warn: Warn,
  environment: Environment = processEnvironment(),
): ResolvedExporterOptions {
  const { protocol, concurrencyLimit = DEFAULT_CONCURRENCY_LIMIT, output, selfObsMeterProvider, ...given } = options;
  if (protocol !== undefined) checkProtocol(protocol);
  wholeFrom1('concurrencyLimit', concurrencyLimit);
  if (output !== undefined && typeof output.write !== 'function')
    throw new TypeError('output must be a stream with write');
  if (given.headers !== undefined && typeof given.headers !== 'function' && !isPlainObject(given.headers)) {
    throw new TypeError('headers must be an object of strings, or a function');
  }
  const variables = readOtlpExporterEnvironment(signal, environment, warn, protocol);
  const variableOf: VariableOf = (option) => otlpExporterVariables(signal, environment, protocol)[option] ?? option;
  const usedProtocol = protocol ?? variables.protocol ?? DEFAULT_PROTOCOL;
  const readCertificates =
    given.tls === undefined ? certificateReader(variables, variableOf, onceForProcess(environment, warn)) : undefined;
  // Even if the URL needs none, so that mistakes are reported now.
  readCertificates?.();
  const tls = given.tls ?? readCertificates;
  const url = given.url ?? variables.url;
  return {
    protocol: usedProtocol,
    concurrencyLimit,
    output,
    meterSource: meterSourceOf(selfObsMeterProvider),
    transport: {
      ...given,
      url:
        usedProtocol === 'grpc'
          ? checkGrpcUrl(url ?? DEFAULT_GRPC_URL, variables.insecure ?? false)
          : (url ?? DEFAULT_OTLP_URL[signal]),
      headers: joinHeaders(variables.headers, given.headers),
      timeoutMillis: given.timeoutMillis ?? variables.timeoutMillis,
      compression: given.compression ?? variables.compression,
      ...(tls === undefined ? {} : { tls }),
    },
  };
}

/**
 * A string, a `Map` or `Headers` would look like an object without headers, and requests would be sent without them. An
 * object of another realm is plain too: jest's has its own `Object.prototype`.
 */
function isPlainObject(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  const prototype: unknown = Object.getPrototypeOf(headers);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function joinHeaders(
  common: Readonly<Record<string, string>> = {},
  own: OtlpTransportOptions['headers'] = {},
): NonNullable<OtlpTransportOptions['headers']> {
  if (typeof own === 'function') {
    return () => {
      const given = own();
      // As early as possible: at the end of a process, nobody can wait for them.
      return isPromiseLike(given)
        ? Promise.resolve(given).then((headers) => mergeHeaders(common, headers))
        : mergeHeaders(common, given);
    };
  }
  return mergeHeaders(common, own);
}
