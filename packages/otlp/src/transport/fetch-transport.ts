import type { FlushOutcome } from '@spillway/backpressure';
import { diag } from '@opentelemetry/api';
import { attempt, outcomeOfClosed, outcomeOfDeadline } from './attempt.ts';
import { BodyCompression } from './body-compression.ts';
import { type BodyEncoding, PROTOBUF_BODY } from './body-encoding.ts';
import { streamCompressors } from './compression-stream.ts';
import { Credentials } from './credentials.ts';
import type { Deadline } from './deadline.ts';
import { takeKeepalive } from './keepalive-budget.ts';
import { outcomeOfFailure } from './failure-outcome.ts';
import { RequestHeaders } from './request-headers.ts';
import { joinedBody, type OtlpRequestBody } from './request-body.ts';
import type { BodyProblem, HttpAnswer } from './response-outcome.ts';
import { type BodyRules, outcomeOfHttp, sendBody } from './send-body.ts';
import type { OtlpTransport } from './transport.ts';
import {
  type OtlpTransportOptions,
  type ResolvedTransportOptions,
  resolveTransportOptions,
} from './transport-options.ts';

/**
 * OTLP/HTTP over `fetch`, for browsers and workers. The platform handles connections, TLS and
 * proxies. Bodies are copied once, because platforms differ in whether they read the given memory later.
 * @throws TypeError or RangeError for an invalid option; the message names it. TypeError also for options that fetch
 *   cannot support: `tls` and `httpAgentOptions`
 */
export function createFetchTransport(options: OtlpTransportOptions, encoding = PROTOBUF_BODY): OtlpTransport {
  const resolved = resolveTransportOptions(options);
  for (const name of ['tls', 'httpAgentOptions'] as const) {
    if (resolved[name] !== undefined)
      throw new TypeError(`${name} is not possible with fetch, got ${typeof resolved[name]}`);
  }
  return new FetchTransport(resolved, encoding);
}

class FetchTransport implements OtlpTransport {
  readonly origin: string;
  readonly #options: ResolvedTransportOptions;
  readonly #headers: RequestHeaders;
  readonly #credentials: Credentials;
  readonly #href: string;
  readonly #body: BodyRules;
  #isClosed = false;

  constructor(options: ResolvedTransportOptions, encoding: BodyEncoding) {
    this.#options = options;
    this.#href = options.url.href;
    this.origin = options.url.origin;
    const compression = new BodyCompression(options.compression, streamCompressors(), options.url.host, warn);
    this.#body = { encoding, compression, options };
    // Looked up again for each request, because a page or a test may add one later.
    if (typeof fetch !== 'function')
      diag.warn('OTLP transport: this platform has no fetch, so nothing can be sent until there is one');
    this.#headers = new RequestHeaders(options, encoding.contentType);
    this.#credentials = new Credentials(typeof options.headers === 'function' || options.sign !== undefined);
  }

  async send(body: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome> {
    if (this.#isClosed) return outcomeOfClosed(this.#options.url.host);
    const outcome = await attempt(this.#options, body, signal, async (deadline) => this.#perform(body, deadline));
    return this.#headers.withoutSecrets(this.#credentials.judge(outcome));
  }

  sendNow(body: OtlpRequestBody): Promise<FlushOutcome> | undefined {
    // JSON would have to be made first, and a signature asked for, which takes turns.
    if (this.#isClosed || this.#body.encoding.encode !== undefined || this.#options.sign !== undefined)
      return undefined;
    const release = takeKeepalive(body.byteLength);
    if (release === undefined) return undefined;
    const bytes = joinedBody(body);
    const never = new AbortController().signal;
    // All of this runs up to the call of `fetch` before it returns.
    return attempt(this.#options, body, never, async (deadline) => {
      const result = await this.#post(bytes, this.#headers.lastKnown(), deadline, release);
      return 'statusCode' in result ? outcomeOfHttp(result, this.#options) : result;
    }).then((outcome) => this.#headers.withoutSecrets(this.#credentials.judge(outcome)));
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true;
  }

  async #perform(body: OtlpRequestBody, deadline: Deadline): Promise<FlushOutcome> {
    // Both before the first await, because the caller's memory may be reused if the attempt ends early.
    const copy = { chunks: [joinedBody(body)], byteLength: body.byteLength };
    const asked = this.#headers.forRequest();
    const headers = asked instanceof Promise ? await deadline.race(asked) : asked;
    return sendBody(this.#body, copy, deadline, async (sent, bodyHeaders) =>
      this.#post(
        joinedBody(sent),
        await this.#headers.signed({ ...headers, ...bodyHeaders }, sent, deadline),
        deadline,
      ),
    );
  }

  /** @returns the answer, or the outcome if there was none */
  async #post(
    bytes: Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
    deadline: Deadline,
    release = takeKeepalive(bytes.byteLength),
  ): Promise<HttpAnswer | FlushOutcome> {
    const controller = new AbortController();
    deadline.whenEnded(() => controller.abort());
    try {
      return await this.#exchange(bytes, headers, controller, release !== undefined);
    } catch (error) {
      if (deadline.end !== undefined) return outcomeOfDeadline(deadline, this.#options);
      return outcomeOfFailure({ error, host: this.#options.url.host, connected: undefined });
    } finally {
      release?.();
    }
  }

  async #exchange(
    body: Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
    controller: AbortController,
    keepalive: boolean,
  ): Promise<HttpAnswer> {
    const response = await unpatchedFetch()(this.#href, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: controller.signal,
      ...(keepalive && { keepalive }),
    });
    const read = await readBody(response, this.#options.maxResponseBytes);
    // A body that is not read to its end would keep the connection busy.
    if (read.bodyProblem !== undefined) controller.abort();
    return {
      statusCode: response.status,
      retryAfter: response.headers.get('retry-after'),
      date: response.headers.get('date'),
      contentType: response.headers.get('content-type'),
      ...read,
    };
  }
}

/** How wrappers of `fetch` name what they wrap: OpenTelemetry's instrumentation, Sentry's, and Next. */
interface WrappedFetch {
  readonly __original?: unknown;
  readonly __sentry_original__?: unknown;
  readonly _nextOriginalFetch?: unknown;
}

/**
 * `fetch` as it was before others wrapped it to watch requests, because they would make a span or a breadcrumb for each
 * export. Looked up for each request, because a page may wrap it at any time.
 */
function unpatchedFetch(): typeof fetch {
  let found = fetch;
  for (;;) {
    const { __original, __sentry_original__, _nextOriginalFetch } = found as WrappedFetch;
    const inner = __original ?? __sentry_original__ ?? _nextOriginalFetch;
    if (typeof inner !== 'function') return found;
    found = inner as typeof fetch;
  }
}

async function readBody(
  response: Response,
  maxBytes: number,
): Promise<{ body: Uint8Array; bodyProblem: BodyProblem | undefined }> {
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  try {
    for await (const chunk of chunksOf(response)) {
      byteLength += chunk.byteLength;
      if (byteLength > maxBytes) return { body: new Uint8Array(0), bodyProblem: 'is above maxResponseBytes' };
      chunks.push(chunk);
    }
  } catch {
    return { body: new Uint8Array(0), bodyProblem: 'was cut off' };
  }
  return { body: joinedBody({ chunks, byteLength }), bodyProblem: undefined };
}

/** Not every browser can iterate over a stream. */
async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

function warn(message: string): void {
  diag.warn(`OTLP transport: ${message}`);
}
