/** Browsers and workers: the transport over `fetch`. */
export { createFetchTransport as createHttpTransport } from '../transport/fetch-transport.ts';

/** @throws always, because there are no streams of Node */
export function createLineTransport(): never {
  throw new TypeError('output is only possible in Node');
}

/** @throws always, because there is no file system */
export function readFile(path: string): Uint8Array {
  throw new Error(`this platform has no file system, so ${path} cannot be read`);
}
