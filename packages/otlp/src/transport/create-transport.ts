import { createGrpcTransport, createHttpTransport, createLineTransport } from '#platform';
import type { OtlpProtocol, Signal } from '@spillway/config';
import { jsonBody } from './body-encoding.ts';
import type { LineOutput } from './line-output.ts';
import type { OtlpTransport } from './transport.ts';
import { type OtlpTransportOptions, TRANSPORT_DEFAULTS } from './transport-options.ts';
import { checkOneOf } from './value-checks.ts';

/**
 * The transport of each protocol. A transport in a separate package is imported by {@link loadOnFirstUse}, so that only
 * applications that ask for its protocol need the package.
 */
const TRANSPORTS: Readonly<Record<OtlpProtocol, (signal: Signal, options: OtlpTransportOptions) => OtlpTransport>> = {
  // Over Node's own modules, or `fetch` in browsers and workers. A bundle for browsers must not even name the modules.
  'http/protobuf': (_, options) => createHttpTransport(options),
  'http/json': (signal, options) => createHttpTransport(options, jsonBody(signal)),
  grpc: (signal, options) => createGrpcTransport(signal, options),
};

/**
 * The transport of a protocol, as this platform has it.
 * @throws TypeError or RangeError for a protocol that is not implemented, and for a wrong option; the message names it
 */
export function createTransport(protocol: OtlpProtocol, signal: Signal, options: OtlpTransportOptions): OtlpTransport {
  return TRANSPORTS[checkProtocol(protocol)](signal, options);
}

/**
 * The transport of an exporter: to its output if it has one, otherwise by its protocol.
 * @throws as `createTransport`; TypeError for an output on a platform other than Node
 */
export function createExporterTransport(
  signal: Signal,
  options: {
    readonly protocol: OtlpProtocol;
    readonly transport: OtlpTransportOptions;
    readonly output: LineOutput | undefined;
  },
): OtlpTransport {
  const { protocol, transport, output } = options;
  if (output === undefined) return createTransport(protocol, signal, transport);
  return createLineTransport(signal, output, transport.timeoutMillis ?? TRANSPORT_DEFAULTS.timeoutMillis);
}

/** @throws TypeError for a protocol that is not implemented */
export function checkProtocol(protocol: OtlpProtocol): OtlpProtocol {
  return checkOneOf('protocol', protocol, Object.keys(TRANSPORTS) as OtlpProtocol[]);
}
