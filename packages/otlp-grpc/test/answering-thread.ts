// A thread with a server of gRPC that answers each call after some milliseconds. It reports its port, and counts calls and
// answers in memory that other threads can read while they are blocked.
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { parentPort, workerData } from 'node:worker_threads';

export interface AnsweringThreadData {
  readonly answersAfterMillis: number;
  /** Two numbers: the calls that came, and those that were answered. */
  readonly counts: Int32Array;
}

const { answersAfterMillis, counts } = workerData as AnsweringThreadData;
const identity = (bytes: Buffer): Buffer => bytes;

const server = new Server();
server.register<Buffer, Buffer>(
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  (_: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
    Atomics.add(counts, 0, 1);
    setTimeout(() => {
      answer(null, Buffer.alloc(0));
      Atomics.add(counts, 1, 1);
    }, answersAfterMillis);
  },
  identity,
  identity,
  'unary',
);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, port) => parentPort?.postMessage(port));
