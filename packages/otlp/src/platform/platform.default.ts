import { createFetchTransport } from '../transport/fetch-transport.ts';
import type { OtlpTransport } from '../transport/transport.ts';
import type { OtlpTransportOptions } from '../transport/transport-options.ts';

/** Browsers and workers: what `fetch` can do. */
export function createTransport(options: OtlpTransportOptions): OtlpTransport {
  return createFetchTransport(options);
}

/** @throws always: there are no files */
export function readFile(path: string): Uint8Array {
  throw new Error(`there are no files here, such as ${path}`);
}
