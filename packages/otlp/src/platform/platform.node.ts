/**
 * Node, and runtimes with its modules: keep-alive connections, own TLS options, proxies, compression in other threads.
 */
export { createGrpcTransport } from '../transport/grpc-transport.node.ts';
export { createHttpTransport } from '../transport/http-transport.node.ts';
export { createLineTransport } from '../transport/line-transport.node.ts';
export { certificateReader } from '../options/certificate-files.node.ts';
export { checkGrpcUrl } from '../transport/grpc-options.ts';
