import { createTransport as createPlatformTransport } from '#platform';
import type { OtlpTransport } from './transport.ts';
import type { OtlpTransportOptions } from './transport-options.ts';

/**
 * The transport of this platform: `node:http` and `node:https` in Node, `fetch` in browsers and workers.
 * @throws TypeError or RangeError for a wrong option; the message names it
 */
export function createTransport(options: OtlpTransportOptions): OtlpTransport {
  return createPlatformTransport(options);
}
