import { describeTransportContract } from '../../otlp/test/transport/transport-contract.ts';
import { createGrpcTransport } from '../src/index.ts';
import { GRPC_WIRE } from './grpc-peer.ts';

describeTransportContract('gRPC', GRPC_WIRE, (options) => createGrpcTransport('traces', options));
