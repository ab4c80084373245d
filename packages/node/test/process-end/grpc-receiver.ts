import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** A call that came. */
export interface ReceivedCall {
  readonly method: string;
  readonly message: Uint8Array;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface GrpcReceiver {
  readonly port: number;
  calls(): Promise<readonly ReceivedCall[]>;
}

interface GrpcReceiverOptions {
  /** A function body with `call`, `answer`, `fail(code, details)` and `index` (of the call, from 0). By default it answers OK. */
  readonly answer?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** A socket of Unix. */
  readonly path?: string;
}

const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { Server, ServerCredentials } = require('@grpc/grpc-js');
  const { answer: text = 'answer();', tls, path } = workerData;
  const onCall = new Function('call', 'answer', 'fail', 'index', text);
  const server = new Server();
  const calls = [];
  const identity = (bytes) => bytes;
  for (const service of ['trace.v1.TraceService', 'logs.v1.LogsService', 'metrics.v1.MetricsService']) {
    const method = '/opentelemetry.proto.collector.' + service + '/Export';
    server.register(method, (call, callback) => {
      const seen = { method, message: call.request, metadata: call.metadata.getMap() };
      onCall(call, () => callback(null, Buffer.alloc(0)), (code, details) => callback({ code, details }), calls.push(seen) - 1);
    }, identity, identity, 'unary');
  }
  const credentials = tls
    ? ServerCredentials.createSsl(null, [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }])
    : ServerCredentials.createInsecure();
  server.bindAsync(path ? 'unix:' + path : '127.0.0.1:0', credentials, (error, port) => parentPort.postMessage(port));
  parentPort.on('message', () => parentPort.postMessage(calls));
`;

/** A server of gRPC in a thread of its own, because the thread of the test is blocked while requests are shipped. */
export async function startGrpcReceiver(options: GrpcReceiverOptions = {}): Promise<GrpcReceiver> {
  const worker = new Worker(PROGRAM, { eval: true, workerData: options });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = (await once(worker, 'message')) as [number];
  return {
    port,
    async calls() {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
      worker.postMessage('calls');
      const [calls] = (await once(worker, 'message')) as [readonly ReceivedCall[]];
      return calls;
    },
  };
}
