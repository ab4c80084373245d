/** Browsers and workers: the transport over `fetch`. */
export { createFetchTransport as createHttpTransport } from '../transport/fetch-transport.ts';

/** @throws always, because gRPC needs HTTP/2 with trailers, which `fetch` does not have */
export function createGrpcTransport(): never {
  throw new TypeError('protocol grpc is only possible in Node');
}

/** @throws always, because there are no streams of Node */
export function createLineTransport(): never {
  throw new TypeError('output is only possible in Node');
}

/** @throws always, because there is no file system */
export function readFile(path: string): Uint8Array {
  throw new Error(`this platform has no file system, so ${path} cannot be read`);
}
