import { InterceptingCall, type Interceptor, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { defer, type Timer } from '@spillway/backpressure';
import type { Deadline } from '@spillway/otlp/parts';
import type { CallResult } from './call-result.ts';
import type { GrpcChannel } from './grpc-channel.ts';

export interface GrpcRequest {
  readonly method: string;
  readonly message: Buffer;
  readonly metadata: Metadata;
  /** Whether the message goes uncompressed on a channel that compresses. */
  readonly isPlain: boolean;
}

/** Makes one call, and ends it at the deadline. Never rejects. gRPC copies the message before it sends it. */
export async function unaryCall(
  { client, watch }: GrpcChannel,
  { method, message, metadata, isPlain }: GrpcRequest,
  deadline: Pick<Deadline, 'whenEnded'>,
): Promise<CallResult> {
  return new Promise((resolve) => {
    let hasBegun = false;
    let contentType: string | undefined;
    let lastTurn: Timer | undefined;
    // It may have to connect again.
    const call = watch.run(() =>
      client.makeUnaryRequest<Buffer, Buffer>(
        method,
        identity,
        identity,
        message,
        metadata,
        isPlain ? { interceptors: [withoutCompression] } : {},
        (error: ServiceError | null, response?: Buffer) => {
          lastTurn?.cancel();
          resolve(
            error === null
              ? { code: status.OK, details: '', metadata: undefined, message: response, hasBegun, contentType }
              : {
                  code: error.code,
                  details: error.details,
                  metadata: error.metadata,
                  message: undefined,
                  hasBegun,
                  contentType,
                },
          );
        },
      ),
    );
    call.on('metadata', (received: Metadata) => {
      hasBegun = true;
      contentType = received.get('content-type')[0]?.toString();
    });
    // If the event loop was blocked, the answer may be waiting in the socket, which is read in this turn.
    deadline.whenEnded(() => (lastTurn = defer(() => call.cancel())));
  });
}

/** Requests are already encoded, and responses are read by the code for all protocols. */
function identity(bytes: Buffer): Buffer {
  return bytes;
}

/** The flag `NoCompress` of gRPC, which unary calls have no parameter for. */
const NO_COMPRESS = 2;

const withoutCompression: Interceptor = (options, nextCall) => new PlainCall(nextCall(options));

type MessageContext = Parameters<InterceptingCall['sendMessageWithContext']>[0];

class PlainCall extends InterceptingCall {
  override sendMessageWithContext(context: MessageContext, message: unknown): void {
    super.sendMessageWithContext({ ...context, flags: NO_COMPRESS }, message);
  }
}
