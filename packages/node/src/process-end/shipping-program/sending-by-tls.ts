/**
 * The parts of the transport that load TLS, from their sources. They are imported together and late; a bundler leaves out the rest
 * of their files only if the late import is not of those files themselves.
 */
export { tlsWay } from '../../../../otlp/src/transport/https-way.node.ts';
export { agentOptionsOf } from '../../../../otlp/src/transport/tls-material.node.ts';
