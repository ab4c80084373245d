import { gunzipSync } from 'node:zlib';
import { startServer } from './local-server.ts';
import type { PeerAnswer, PeerRequest, Refusal, TestedWire } from './peer.ts';

const STATUSES: Readonly<Record<Refusal, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  invalid: 400,
  'too large': 413,
  unavailable: 503,
};

/** OTLP/HTTP. */
export const HTTP_WIRE: TestedWire = {
  errorName: 'HttpStatusError',
  notSpoken: 'did not answer in HTTP/1.1',
  async start(reaction) {
    const requests: PeerRequest[] = [];
    const server = await startServer((response, { headers, body }) => {
      const isCompressed = headers['content-encoding'] === 'gzip';
      const request = { headers, isCompressed, body: isCompressed ? gunzipSync(body) : body };
      requests.push(request);
      const answer: PeerAnswer = {
        accept: (bytes) => response.end(bytes),
        refuse(refusal, { message, retryAfterSeconds } = {}) {
          if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
          response.writeHead(STATUSES[refusal]).end(message);
        },
        cut: () => response.destroy(),
      };
      reaction(answer, request);
    });
    return { ...server, requests };
  },
};
