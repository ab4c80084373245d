import { diag } from '@opentelemetry/api';
import type { Signal } from '@spillway/config';
import { loadOnFirstUse } from './load-on-first-use.ts';
import { resolveGrpcOptions } from './grpc-options.ts';
import { grpcRequestToHandOver } from './grpc-request.ts';
import { RequestHeaders } from './request-headers.ts';
import type { OtlpTransport } from './transport.ts';
import type { OtlpTransportOptions } from './transport-options.ts';

/** What is used of the package. It is built after this one, so its own types are not there yet. */
interface GrpcPackage {
  createGrpcTransport(signal: Signal, options: OtlpTransportOptions): OtlpTransport;
}

const MISSING = 'the protocol grpc needs the package @spillway/otlp-grpc: npm install @spillway/otlp-grpc';

/**
 * OTLP over gRPC. The package, and gRPC behind it, is loaded with the first request.
 * @throws TypeError or RangeError for an invalid option; the message names it
 */
export function createGrpcTransport(signal: Signal, options: OtlpTransportOptions): OtlpTransport {
  const resolved = resolveGrpcOptions(options);
  return loadOnFirstUse({
    host: resolved.host,
    origin: resolved.origin,
    requestOf: (body) =>
      grpcRequestToHandOver(signal, resolved, {
        headers: new RequestHeaders(resolved, 'application/grpc').lastKnown(),
        body,
        isCompressed: resolved.compression !== 'none',
        tls: typeof resolved.tls === 'function' ? resolved.tls() : resolved.tls,
        addresses: [],
      }),
    load: async () => (await loadPackage()).createGrpcTransport(signal, options),
  });
}

async function loadPackage(): Promise<GrpcPackage> {
  try {
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- without it, the type checker looks for the package
    return (await import(/* webpackIgnore: true */ '@spillway/otlp-grpc' as string)) as GrpcPackage;
  } catch (error) {
    if (!isMissing(error)) throw error;
    diag.error(`OTLP transport: ${MISSING}`);
    throw new Error(MISSING, { cause: error });
  }
}

/** Whether it is this package that is not there, and not one that it needs. */
function isMissing(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' && String(message).includes("'@spillway/otlp-grpc'");
}
