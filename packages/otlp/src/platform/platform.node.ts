import { createHttpTransport } from '../transport/http-transport.node.ts';
import type { OtlpTransport } from '../transport/transport.ts';
import type { OtlpTransportOptions } from '../transport/transport-options.ts';

export { readRegularFile as readFile } from './regular-file.node.ts';

/**
 * Node, and runtimes with its modules: keep-alive connections, own TLS options, proxies, compression in other threads.
 */
export function createTransport(options: OtlpTransportOptions): OtlpTransport {
  return createHttpTransport(options);
}
