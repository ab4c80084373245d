import { type CertificateReader, FILE_OPTIONS } from '../options/certificate-files.ts';

/** Browsers and workers: the transport over `fetch`. */
export { createFetchTransport as createHttpTransport } from '../transport/fetch-transport.ts';

/** @throws always, because gRPC needs HTTP/2 with trailers, which `fetch` does not have */
export function createGrpcTransport(): never {
  throw new TypeError('protocol grpc is only possible in Node');
}

/** @throws always */
export { createGrpcTransport as checkGrpcUrl };

/** @throws always, because there are no streams of Node */
export function createLineTransport(): never {
  throw new TypeError('output is only possible in Node');
}

/** Without a file system, variables that name files have no effect. */
export const certificateReader: CertificateReader = (files, variableOf, warn) => {
  for (const option of FILE_OPTIONS)
    if (files[option] !== undefined) warn(`${variableOf(option)} has no effect: this platform has no files`);
  return undefined;
};
