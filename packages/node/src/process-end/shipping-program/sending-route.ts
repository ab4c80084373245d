import { lookup } from 'node:dns';
import type { Agent, OutgoingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import { type FlushOutcome, wallTime } from '@spillway/backpressure';
// The parts of the real transport, from their sources: packages/otlp exports none of them.
import { transcodeToJson } from '../../../../otlp/src/json/transcode.ts';
import { BodyCompression, type Compressors } from '../../../../otlp/src/transport/body-compression.ts';
import { Credentials } from '../../../../otlp/src/transport/credentials.ts';
import { outcomeOfFailure } from '../../../../otlp/src/transport/failure-outcome.ts';
import { exchange } from '../../../../otlp/src/transport/http-exchange.node.ts';
import { beginsWithTls, type HttpWay, plainWay } from '../../../../otlp/src/transport/http-way.node.ts';
import { type HttpAnswer, outcomeOfAnswer } from '../../../../otlp/src/transport/response-outcome.ts';
import type { RequestHead } from '../shipping-frames.ts';

/** The same as in the transport, whose own value does not come with a request. */
const MAX_RESPONSE_BYTES = 4 * 2 ** 20;
/** The program ends long before. */
const TUNNEL_MILLIS = 30_000;

type Addresses = RequestHead['addresses'];

/** Makes single attempts with requests that have everything but headers and body in common, as the transport does that gave them. */
export class SendingRoute {
  readonly #host: string;
  readonly #jsonOf: RequestHead['jsonOf'];
  readonly #compression: BodyCompression;
  readonly #way: HttpWay;
  readonly #agent: Agent;
  readonly #forgetAddresses: () => void;
  /** Headers that a function gave cannot be asked for again. */
  readonly #credentials = new Credentials(false);

  private constructor(
    { url, jsonOf, compression }: RequestHead,
    compressors: Compressors,
    way: HttpWay,
    agent: Agent,
    forgetAddresses: () => void,
  ) {
    this.#host = new URL(url).host;
    this.#jsonOf = jsonOf;
    this.#compression = new BodyCompression(compression ?? 'none', compressors, this.#host, () => {});
    this.#way = way;
    this.#agent = agent;
    this.#forgetAddresses = forgetAddresses;
  }

  static async of(request: RequestHead): Promise<SendingRoute> {
    const { tls, proxy, addresses, compression } = request;
    const url = new URL(request.url);
    const compressors = compression === undefined ? {} : (await import('./compressing.ts')).COMPRESSORS;
    const known = { addresses };
    const agentOptions = { keepAlive: true, lookup: lookupOf(known) };
    const forgetAddresses = (): void => void (known.addresses = undefined);
    if (!beginsWithTls(url, proxy)) {
      const way = plainWay(url, proxy, agentOptions);
      return new SendingRoute(request, compressors, way, way.makeAgent({}), forgetAddresses);
    }
    // Only where it is needed, because to load TLS takes longer than everything else that this program does at its start.
    const { agentOptionsOf, tlsWay } = await import('./sending-by-tls.ts');
    const way = tlsWay(url, proxy, agentOptions, TUNNEL_MILLIS);
    return new SendingRoute(request, compressors, way, way.makeAgent(agentOptionsOf(tls)), forgetAddresses);
  }

  async send(headers: RequestHead['headers'], body: Uint8Array): Promise<FlushOutcome> {
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
        ),
    );
    if (!('statusCode' in result)) return result;
    return this.#credentials.judge(
      outcomeOfAnswer(result, { host: this.#host, maxRetryAfterMillis: Infinity, now: wallTime() }),
    );
  }

  /** @returns the answer, or the outcome if there was none */
  async #post(headers: OutgoingHttpHeaders, chunks: readonly Uint8Array[]): Promise<HttpAnswer | FlushOutcome> {
    const result = await exchange(
      {
        request: this.#way.request,
        options: { ...this.#way.options, agent: this.#agent },
        used() {},
        isTooOld: () => false,
      },
      headers,
      chunks,
      MAX_RESPONSE_BYTES,
      // The deadline of an attempt is that of the whole program.
      { whenEnded() {} },
    );
    if (result.kind === 'failed') {
      // The host may have moved since its addresses were looked up.
      this.#forgetAddresses();
      const { error = new Error('the connection closed before the request was sent and answered'), connected } = result;
      return outcomeOfFailure({ error, host: this.#host, connected });
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

/** Gives the addresses that the parent knew, at once: a look-up may hang, and then this process could not end by itself. */
function lookupOf(known: { readonly addresses?: Addresses }): LookupFunction {
  return (name, options, answer) => {
    const [first] = known.addresses ?? [];
    if (first === undefined) lookup(name, options, answer);
    else if (options.all === true) answer(null, [...(known.addresses ?? [])]);
    else answer(null, first.address, first.family);
  };
}
