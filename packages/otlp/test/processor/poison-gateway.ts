import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of a request that has the word `poison` in it. */
export type PoisonEffect = 'reset' | 'gateway time-out' | 'no answer' | 'garbage';

export interface PoisonGateway {
  readonly url: string;
  /** Requests with the word in them. */
  readonly poisonedRequests: number;
  close(): Promise<void>;
}

/** Passes requests on to a collector, all but those that have the word `poison` in them. */
export async function startPoisonGateway(collectorUrl: string, effect: PoisonEffect): Promise<PoisonGateway> {
  let poisonedRequests = 0;
  const server = createServer((incoming, answer) => {
    const passOn = (body: Buffer): void => {
      if (body.includes('poison')) {
        poisonedRequests += 1;
        if (effect === 'reset') incoming.socket.resetAndDestroy();
        else if (effect === 'gateway time-out') answer.writeHead(504).end();
        else if (effect === 'garbage') incoming.socket.end('what is this?\r\n\r\n');
        return;
      }
      const outgoing = request(collectorUrl, { method: 'POST', headers: incoming.headers }, (response) => {
        answer.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(answer);
      });
      outgoing.on('error', () => incoming.socket.destroy());
      outgoing.end(body);
    };
    bodyOf(incoming).then(passOn, () => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(collectorUrl).pathname}`,
    get poisonedRequests() {
      return poisonedRequests;
    },
    close: () => closed(server),
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
