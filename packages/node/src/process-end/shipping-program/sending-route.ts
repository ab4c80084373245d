import type { Agent, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { type FlushOutcome, wallTime } from '@spillway/backpressure';
// The parts of the real transport, from their sources: packages/otlp exports none of them.
import { transcodeToJson } from '../../../../otlp/src/json/transcode.ts';
import { BodyCompression } from '../../../../otlp/src/transport/body-compression.ts';
import { COMPRESSORS } from '../../../../otlp/src/transport/compression.node.ts';
import { Credentials } from '../../../../otlp/src/transport/credentials.ts';
import { outcomeOfFailure, outcomeOfTimeout, TLS_CODE } from '../../../../otlp/src/transport/failure-outcome.ts';
import { exchange } from '../../../../otlp/src/transport/http-exchange.node.ts';
import { beginsWithTls, type HttpWay, plainWay } from '../../../../otlp/src/transport/http-way.node.ts';
import { tlsWay } from '../../../../otlp/src/transport/https-way.node.ts';
import { type HttpAnswer, outcomeOfAnswer } from '../../../../otlp/src/transport/response-outcome.ts';
import { agentOptionsOf } from '../../../../otlp/src/transport/tls-material.node.ts';
import type { RequestHead } from '../shipping-frames.ts';
import { KnownAddresses } from './known-addresses.ts';
import { secretsIn } from './request-secrets.ts';
import type { Stop } from './stop.ts';

/** The same as in the transport, whose own value does not come with a request. */
export const MAX_RESPONSE_BYTES = 4 * 2 ** 20;
/** The program ends long before. */
const TUNNEL_MILLIS = 30_000;

/** Makes single attempts with requests that have everything but headers and body in common. */
export interface SendingRoute {
  /** @param stop cuts the attempt off */
  send(headers: RequestHead['headers'], body: Uint8Array, stop: Stop): Promise<FlushOutcome>;
}

/** Sends over HTTP as the transport does that gave the requests. */
export class HttpSendingRoute implements SendingRoute {
  readonly #request: RequestHead;
  readonly #url: URL;
  /** The signal whose requests are sent as JSON; `undefined` if they are sent as they are. */
  readonly #jsonOf: RequestHead['signal'] | undefined;
  readonly #compression: BodyCompression;
  readonly #way: HttpWay;
  readonly #agent: Agent;
  readonly #known: KnownAddresses;
  /** Headers that a function gave cannot be asked for again. */
  readonly #credentials = new Credentials(false);

  constructor(request: RequestHead) {
    const { url, signal, isJson, compression, tls, proxy, addresses } = request;
    this.#request = request;
    this.#url = new URL(url);
    this.#known = new KnownAddresses(addresses);
    const agentOptions = { keepAlive: true, lookup: this.#known.lookup };
    this.#way = beginsWithTls(this.#url, proxy)
      ? tlsWay(this.#url, proxy, agentOptions, TUNNEL_MILLIS)
      : plainWay(this.#url, proxy, agentOptions);
    // To load TLS takes longer than everything else that this program does at its start: nothing else here loads it.
    this.#agent = this.#way.makeAgent(this.#url.protocol === 'https:' ? agentOptionsOf(tls) : {});
    this.#jsonOf = isJson ? signal : undefined;
    this.#compression = new BodyCompression(compression ?? 'none', COMPRESSORS, this.#url.host, () => {});
  }

  async send(headers: RequestHead['headers'], body: Uint8Array, stop: Stop): Promise<FlushOutcome> {
    const outcome = this.#credentials.judge(await this.#attempt(headers, body, stop));
    if (outcome.error !== undefined)
      outcome.error.message = secretsIn({ ...this.#request, headers }).hide(outcome.error.message);
    return outcome;
  }

  async #attempt(headers: RequestHead['headers'], body: Uint8Array, stop: Stop): Promise<FlushOutcome> {
    const encoded = this.#jsonOf === undefined ? body : await transcodeToJson(this.#jsonOf, body);
    const result = await this.#compression.send(
      { chunks: [encoded], byteLength: encoded.byteLength },
      ({ chunks, byteLength }, contentEncoding) =>
        this.#post(
          {
            ...this.#way.headers,
            ...headers,
            ...(contentEncoding !== undefined && { 'content-encoding': contentEncoding }),
            'content-length': byteLength,
          },
          chunks,
          stop,
        ),
    );
    if (!('statusCode' in result)) return result;
    return outcomeOfAnswer(result, { host: this.#url.host, maxRetryAfterMillis: Infinity, now: wallTime() });
  }

  /** @returns the answer, or the outcome if there was none */
  async #post(
    headers: OutgoingHttpHeaders,
    chunks: readonly Uint8Array[],
    stop: Stop,
  ): Promise<HttpAnswer | FlushOutcome> {
    const { host } = this.#url;
    const startedAt = wallTime();
    const callbacks: (() => void)[] = [];
    const sockets: Socket[] = [];
    const result = await exchange(
      {
        request: this.#way.request,
        options: { ...this.#way.options, agent: this.#agent },
        used: (assigned) => void sockets.push(assigned),
        isTooOld: () => false,
      },
      headers,
      chunks,
      MAX_RESPONSE_BYTES,
      // The deadline of an attempt is that of the whole program.
      { whenEnded: (cutOff) => void callbacks.push(stop.whenStopped(cutOff)) },
    );
    // Otherwise the body would be held to the end.
    for (const takeBack of callbacks) takeBack();
    if (result.kind === 'failed') {
      this.#known.forget();
      const { error = new Error('the connection closed before the request was sent and answered'), connected } = result;
      if (stop.isOver) return outcomeOfTimeout(host, wallTime() - startedAt, connected && !sockets.some(isInHandshake));
      return outcomeOfFailure({ error, host, connected });
    }
    const { response, body, bodyProblem } = result;
    return {
      statusCode: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      date: response.headers.date,
      contentType: response.headers['content-type'],
      body,
      bodyProblem,
    };
  }
}

/** TLS has begun and not been agreed on: no byte of the request was sent. */
function isInHandshake(socket: Socket): boolean {
  return 'secureConnecting' in socket && socket.secureConnecting === true;
}

/** Whether the collector may have what an attempt failed to deliver: it was connected, and its answer never came. */
export function mayHaveArrived(outcome: FlushOutcome): boolean {
  if (outcome.kind !== 'retry' || outcome.unreachable === true || outcome.denied === true) return false;
  const { code } = outcome.error as { readonly code?: unknown };
  // A collector that is not trusted, or does not trust this client, was sent nothing.
  return typeof code !== 'string' || !TLS_CODE.test(code);
}
