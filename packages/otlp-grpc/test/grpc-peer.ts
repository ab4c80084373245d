import { gunzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import type { PeerAnswer, PeerRequest, Refusal, TestedWire } from '../../otlp/test/transport/peer.ts';
import { framed, GRPC_ANSWER, startHttp2Server } from './http2-server.ts';
import { retryInfo } from './statuses.ts';

const STATUSES: Readonly<Record<Refusal, status>> = {
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  invalid: status.INVALID_ARGUMENT,
  'too large': status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
};
const TOO_LARGE = 'Received message larger than max (5 vs. 4)';
const HEAD_BYTES = 5;

/** OTLP/gRPC, by a server of HTTP/2 that shows what is on the wire. */
export const GRPC_WIRE: TestedWire = {
  errorName: 'GrpcStatusError',
  notSpoken: 'did not answer in HTTP/2',
  // An empty SETTINGS frame.
  greeting: Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0),
  async start(reaction) {
    const requests: PeerRequest[] = [];
    const server = await startHttp2Server((stream, headers, frame) => {
      const isCompressed = frame[0] === 1;
      const message = frame.subarray(HEAD_BYTES);
      const request = { headers, isCompressed, body: isCompressed ? gunzipSync(message) : message };
      requests.push(request);
      const answer: PeerAnswer = {
        accept(bytes = new Uint8Array(0)) {
          if (stream.destroyed) return;
          stream.respond(GRPC_ANSWER, { waitForTrailers: true });
          stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
          stream.end(framed(bytes));
        },
        refuse(refusal, { message: text = refusal === 'too large' ? TOO_LARGE : '', retryAfterSeconds } = {}) {
          stream.respond(
            {
              ...GRPC_ANSWER,
              'grpc-status': String(STATUSES[refusal]),
              'grpc-message': encodeURIComponent(text),
              ...(retryAfterSeconds !== undefined && {
                'grpc-status-details-bin': retryInfo(retryAfterSeconds).toString('base64'),
              }),
            },
            { endStream: true },
          );
        },
        cut: () => stream.session?.destroy(),
      };
      reaction(answer, request);
    });
    return { ...server, requests };
  },
};
