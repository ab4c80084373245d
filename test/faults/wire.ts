import type { OtlpExporterOptions } from '@spillway/otlp';
import type { EventSignal, SignalName } from '../collector/src/index.ts';

/** What the pipelines and the collector speak. */
export type Wire = 'HTTP' | 'gRPC';

export const WIRES: readonly Wire[] = ['HTTP', 'gRPC'];

/** Where a collector listens for it: scheme, host and port. */
export function urlFor(wire: Wire, collector: { readonly url: string; readonly grpcUrl: string }): string {
  return wire === 'gRPC' ? collector.grpcUrl : collector.url;
}

/** @param url scheme, host and port */
export function exporterTo(
  wire: Wire,
  url: string,
  signal: EventSignal | SignalName,
): OtlpExporterOptions & { readonly url: string } {
  return wire === 'gRPC' ? { protocol: 'grpc', url } : { url: `${url}/v1/${signal}` };
}
