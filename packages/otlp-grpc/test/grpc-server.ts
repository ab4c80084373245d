import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerOptions,
  type sendUnaryData,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';

/** For tests of packages that do without gRPC. */
export { status };

export interface ReceivedCall {
  readonly method: string;
  readonly metadata: Metadata;
  readonly message: Buffer;
}

export interface LocalGrpcServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or https on localhost. */
  readonly url: string;
  readonly calls: readonly ReceivedCall[];
  /** Ends everything at once, like a process that dies. */
  kill(): void;
}

export type Answer = (answer: sendUnaryData<Buffer>, call: ReceivedCall, raw: ServerUnaryCall<Buffer, Buffer>) => void;

export const answerOk: Answer = (answer) => answer(null, Buffer.alloc(0));

/** A failure with a status, and the metadata of its trailers. */
export function failWith(code: status, details: string, trailers?: Record<string, string | Buffer>): Answer {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers ?? {})) metadata.set(name, value);
  return (answer) => answer({ code, details, metadata });
}

export const SERVICES: readonly string[] = [
  'trace.v1.TraceService',
  'logs.v1.LogsService',
  'metrics.v1.MetricsService',
];
const identity = (bytes: Buffer): Buffer => bytes;

/** A real server that takes the raw bytes of every signal, unless it has fewer services. It is closed at the end of the test. */
export async function startGrpcServer(
  answer: Answer,
  {
    credentials,
    port = 0,
    options = {},
    path,
    services = SERVICES,
  }: {
    credentials?: ServerCredentials;
    port?: number;
    options?: ServerOptions;
    path?: string;
    services?: readonly string[];
  } = {},
): Promise<LocalGrpcServer> {
  const server = new Server({ 'grpc.max_receive_message_length': -1, ...options });
  const calls: ReceivedCall[] = [];
  for (const name of services) {
    const method = `/opentelemetry.proto.collector.${name}/Export`;
    server.register(
      method,
      (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        const received = { method, metadata: call.metadata, message: call.request };
        calls.push(received);
        answer(callback, received, call);
      },
      identity,
      identity,
      'unary',
    );
  }
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(path ?? `127.0.0.1:${port}`, credentials ?? ServerCredentials.createInsecure(), (error, found) =>
      error === null ? resolve(found) : reject(error),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  return {
    port: bound,
    url: credentials !== undefined ? `https://localhost:${bound}` : `http://127.0.0.1:${bound}`,
    calls,
    kill: () => server.forceShutdown(),
  };
}
