import type { OutgoingHttpHeaders } from 'node:http';
import type { FlushOutcome } from '@spillway/backpressure';
import { diag } from '@opentelemetry/api';
import { attempt, outcomeOfClosed, outcomeOfDeadline } from './attempt.ts';
import { BodyCompression } from './body-compression.ts';
import { type BodyEncoding, PROTOBUF_BODY } from './body-encoding.ts';
import { COMPRESSORS, decompress } from './compression.node.ts';
import { Credentials } from './credentials.ts';
import type { Deadline } from './deadline.ts';
import { outcomeOfFailure } from './failure-outcome.ts';
import { exchange, type HttpExchangeResult } from './http-exchange.node.ts';
import { createHttpRoute, type HttpRoute } from './http-route.node.ts';
import type { HttpRequestToHandOver } from './outgoing-request.ts';
import type { Proxy } from './proxy-environment.ts';
import { ProxyTunnelError } from './proxy-tunnel.node.ts';
import { RequestHeaders } from './request-headers.ts';
import type { OtlpRequestBody } from './request-body.ts';
import type { HttpAnswer } from './response-outcome.ts';
import { type BodyRules, sendBody } from './send-body.ts';
import type { OtlpTransport } from './transport.ts';
import {
  type OtlpTransportOptions,
  type ResolvedTransportOptions,
  resolveTransportOptions,
} from './transport-options.ts';

/**
 * OTLP/HTTP over `node:http` and `node:https`. Its connections do not keep the process alive, neither idle nor in use.
 * @throws TypeError or RangeError for an invalid option; the message names it
 */
export function createHttpTransport(options: OtlpTransportOptions, encoding = PROTOBUF_BODY): OtlpTransport {
  return new HttpTransport(resolveTransportOptions(options), encoding);
}

class HttpTransport implements OtlpTransport {
  readonly origin: string;
  readonly #options: ResolvedTransportOptions;
  readonly #body: BodyRules;
  readonly #headers: RequestHeaders;
  readonly #credentials: Credentials;
  readonly #route: HttpRoute;
  #isClosed = false;

  constructor(options: ResolvedTransportOptions, encoding: BodyEncoding) {
    this.#options = options;
    this.#route = createHttpRoute(options);
    this.origin = originOf(options.url, this.#route.proxy);
    const compression = new BodyCompression(options.compression, COMPRESSORS, options.url.host, warn);
    this.#body = { encoding, compression, options };
    this.#headers = new RequestHeaders(options, encoding.contentType, this.#route.proxy?.authorization);
    this.#credentials = new Credentials(typeof options.headers === 'function' || options.sign !== undefined);
  }

  async send(body: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome> {
    if (this.#isClosed) return outcomeOfClosed(this.#options.url.host);
    const outcome = await attempt(this.#options, body, signal, async (deadline) => this.#perform(body, deadline));
    return this.#headers.withoutSecrets(this.#credentials.judge(outcome));
  }

  /** The application's own agent and its signature cannot be handed over. */
  requestOf(body: OtlpRequestBody): HttpRequestToHandOver | undefined {
    const { url, sign } = this.#options;
    if (sign !== undefined) return undefined;
    const { proxy, tls, addresses, headers } = this.#route;
    const compression = this.#body.compression.current;
    return {
      protocol: this.#body.encoding.protocol,
      ...(compression !== 'none' && { compression }),
      url: url.href,
      headers: { ...(proxy === undefined && headers), ...this.#headers.lastKnown() },
      body,
      ...(tls !== undefined && { tls }),
      ...(proxy !== undefined && { proxy }),
      ...(addresses.length > 0 && { addresses }),
    };
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true;
    this.#route.close();
  }

  async #perform(body: OtlpRequestBody, deadline: Deadline): Promise<FlushOutcome> {
    if (this.#route.pendingAgent !== undefined) await deadline.race(this.#route.pendingAgent);
    const asked = this.#headers.forRequest();
    const headers = asked instanceof Promise ? await deadline.race(asked) : asked;
    return sendBody(this.#body, body, deadline, async (sent, bodyHeaders) => {
      const { headers: ofRoute } = this.#route;
      const complete = await this.#headers.signed({ ...headers, ...bodyHeaders }, sent, deadline, ofRoute['host']);
      const own = { ...ofRoute, ...complete, 'content-length': sent.byteLength };
      return this.#post(sent.chunks, own, deadline);
    });
  }

  /** @returns the answer, or the outcome if there was none */
  async #post(
    chunks: readonly Uint8Array[],
    headers: OutgoingHttpHeaders,
    deadline: Deadline,
  ): Promise<HttpAnswer | FlushOutcome> {
    const options = this.#options;
    this.#route.renew();
    const result = await exchange(this.#route, headers, chunks, options.maxResponseBytes, deadline);
    if (result.kind === 'answered') return this.#answerOf(result, deadline);
    this.#route.doubt();
    if (deadline.end !== undefined) {
      // A host that has vanished leaves connections that look idle. Each would cost one more attempt its whole
      // time-out.
      this.#route.closeIdle();
      return outcomeOfDeadline(deadline, options, result.connected);
    }
    return outcomeOfFailure({
      error: result.error ?? new Error('the connection closed before the request was sent and answered'),
      host: options.url.host,
      connected: result.connected || isRefusalOfProxy(result.error),
    });
  }

  async #answerOf(result: HttpExchangeResult & { kind: 'answered' }, deadline: Deadline): Promise<HttpAnswer> {
    const { statusCode = 0, headers } = result.response;
    let { body, bodyProblem } = result;
    // Compressed answers are not requested, but some servers send them anyway.
    if (body.length > 0 && isEncoded(headers['content-encoding'])) {
      try {
        // Nothing reads the request's bytes any more. The status alone tells what happened to them.
        body = await deadline.race(decompress(body, this.#options.maxResponseBytes));
      } catch (error) {
        bodyProblem =
          (error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
            ? 'is above maxResponseBytes'
            : 'could not be decompressed';
        body = body.subarray(0, 0);
      }
    }
    return {
      statusCode,
      retryAfter: headers['retry-after'],
      date: headers.date,
      contentType: headers['content-type'],
      body,
      bodyProblem,
    };
  }
}

function originOf(url: URL, proxy: Proxy | undefined): string {
  return proxy === undefined ? url.origin : `${url.origin} through ${proxy.protocol}//${proxy.hostname}:${proxy.port}`;
}

/** `identity` means no encoding (RFC 9110 8.4.1 keeps it for `Accept-Encoding`, but some servers answer with it). */
function isEncoded(contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined && contentEncoding !== '' && contentEncoding.toLowerCase() !== 'identity';
}

/**
 * 4xx in answer to CONNECT is caused by the proxy's configuration, and is reported as an ordinary failure. 5xx means
 * that the collector is not there.
 */
function isRefusalOfProxy(error: unknown): boolean {
  const statusCode = error instanceof ProxyTunnelError ? (error.statusCode ?? 0) : 0;
  return statusCode >= 400 && statusCode < 500;
}

function warn(message: string): void {
  diag.warn(`OTLP transport: ${message}`);
}
