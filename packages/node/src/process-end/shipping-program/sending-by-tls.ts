/** The parts of the transport that load TLS, from their sources. */
export { tlsWay } from '../../../../otlp/src/transport/https-way.node.ts';
export { agentOptionsOf } from '../../../../otlp/src/transport/tls-material.node.ts';
