import { lookup } from 'node:dns';
import type { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import { type FlushOutcome, wallTime } from '@spillway/backpressure';
// The parts of the real transport, from their sources: packages/otlp exports none of them.
import { Credentials } from '../../../../otlp/src/transport/credentials.ts';
import { outcomeOfFailure } from '../../../../otlp/src/transport/failure-outcome.ts';
import { exchange } from '../../../../otlp/src/transport/http-exchange.node.ts';
import { beginsWithTls, type HttpWay, plainWay } from '../../../../otlp/src/transport/http-way.node.ts';
import { outcomeOfAnswer } from '../../../../otlp/src/transport/response-outcome.ts';
import type { RequestHead } from '../shipping-frames.ts';

/** The same as in the transport, whose own value does not come with a request. */
const MAX_RESPONSE_BYTES = 4 * 2 ** 20;
/** The program ends long before. */
const TUNNEL_MILLIS = 30_000;

type Addresses = RequestHead['addresses'];

/** Makes single attempts with requests that have the URL, TLS and proxy in common, as the transport does that gave them. */
export class SendingRoute {
  readonly #host: string;
  readonly #way: HttpWay;
  readonly #agent: Agent;
  readonly #forgetAddresses: () => void;
  /** Headers that a function gave cannot be asked for again. */
  readonly #credentials = new Credentials(false);

  private constructor(host: string, way: HttpWay, agent: Agent, forgetAddresses: () => void) {
    this.#host = host;
    this.#way = way;
    this.#agent = agent;
    this.#forgetAddresses = forgetAddresses;
  }

  static async of({ url: text, tls, proxy, addresses }: RequestHead): Promise<SendingRoute> {
    const url = new URL(text);
    const known = { addresses };
    const agentOptions = { keepAlive: true, lookup: lookupOf(known) };
    const forgetAddresses = (): void => void (known.addresses = undefined);
    if (!beginsWithTls(url, proxy)) {
      const way = plainWay(url, proxy, agentOptions);
      return new SendingRoute(url.host, way, way.makeAgent({}), forgetAddresses);
    }
    // Only where it is needed, because to load TLS takes longer than everything else that this program does at its start.
    const { agentOptionsOf, tlsWay } = await import('./sending-by-tls.ts');
    const way = tlsWay(url, proxy, agentOptions, TUNNEL_MILLIS);
    return new SendingRoute(url.host, way, way.makeAgent(agentOptionsOf(tls)), forgetAddresses);
  }

  async send(headers: RequestHead['headers'], body: Uint8Array): Promise<FlushOutcome> {
    const result = await exchange(
      {
        request: this.#way.request,
        options: { ...this.#way.options, agent: this.#agent },
        used() {},
        isTooOld: () => false,
      },
      { ...this.#way.headers, ...headers, 'content-length': body.byteLength },
      [body],
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
    const { response, body: said, bodyProblem } = result;
    const answer = {
      statusCode: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      date: response.headers.date,
      contentType: response.headers['content-type'],
      body: said,
      bodyProblem,
    };
    return this.#credentials.judge(
      outcomeOfAnswer(answer, { host: this.#host, maxRetryAfterMillis: Infinity, now: wallTime() }),
    );
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
