import { InterceptingCall, type Interceptor, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { defer, type Timer } from '@spillway/backpressure';
import type { Deadline } from '@spillway/otlp/parts';
import type { CallResult } from './call-result.ts';
import { FramedCopy } from './framed-copy.ts';
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
    const copy = new FramedCopy(message);
    let isWritten = false;
    let hasBegun = false;
    let contentType: string | undefined;
    let lastTurn: Timer | undefined;
    const callback = (): void => {
      // Once the answer has begun, this may come because the stream was destroyed, while the socket still reads the memory.
      if (!hasBegun) isWritten = true;
    };
    // It may have to connect again.
    const call = watch.run(() =>
      client.makeUnaryRequest<Buffer, Buffer>(
        method,
        identity,
        identity,
        copy.message,
        metadata,
        { interceptors: [sendingWith(isPlain ? { callback, flags: NO_COMPRESS } : { callback })] },
        (error: ServiceError | null, response?: Buffer) => {
          lastTurn?.cancel();
          if (error === null && isWritten) copy.free();
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

/** The flag `NoCompress` of gRPC. */
const NO_COMPRESS = 2;

type MessageContext = Parameters<InterceptingCall['sendMessageWithContext']>[0];

/** What unary calls have no parameters for: `callback` is called when the message is written, or its stream was destroyed. */
function sendingWith(own: MessageContext): Interceptor {
  return (options, nextCall) => new MessageCall(nextCall(options), own);
}

class MessageCall extends InterceptingCall {
  readonly #own: MessageContext;

  constructor(nextCall: ConstructorParameters<typeof InterceptingCall>[0], own: MessageContext) {
    super(nextCall);
    this.#own = own;
  }

  override sendMessageWithContext(context: MessageContext, message: unknown): void {
    super.sendMessageWithContext({ ...context, ...this.#own }, message);
  }
}
