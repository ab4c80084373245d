/** The compression of the transport, from its sources. It loads zlib, so it is imported only if a request is to be compressed. */
export { COMPRESSORS } from '../../../../otlp/src/transport/compression.node.ts';
