import { isPromiseLike } from '../encoding/type-of.ts';
import { excerpt } from './excerpt.ts';
import { checkHeaders, PROTECTED_HEADERS } from './header-checks.ts';
import { SecretFilter } from './secret-filter.ts';
import type { Deadline } from './deadline.ts';
import type { OtlpRequestBody } from './request-body.ts';
import { secretsOf, signatureOf } from './request-signature.ts';
import { maskedSegments } from './shown-path.ts';
import { OtlpTransportError } from './transport-error.ts';
import type { OtlpHeaders, ResolvedTransportOptions } from './transport-options.ts';
import { basicAuthorization } from './url-credentials.ts';

/** The version in package.json; a test compares them. */
const VERSION = '0.1.0';

/** Names the exporter and its version, as the OTLP exporter specification requires ("User Agent"). */
export const USER_AGENT = `Spillway-OTLP-Exporter-JavaScript/${VERSION}`;

/** The headers of a transport's requests: the user's, overridden by the transport's own. */
export class RequestHeaders {
  readonly userAgent: string;
  readonly #options: Pick<ResolvedTransportOptions, 'url' | 'sign'>;
  readonly #userHeaders: () => OtlpHeaders | Promise<OtlpHeaders>;
  readonly #ownHeaders: Record<string, string>;
  readonly #authorization: string | undefined;
  /** Joined once, if the user's headers are fixed. */
  readonly #joined: Record<string, string> | undefined;
  #last: Record<string, string> | undefined;
  /** Secrets of the URL and the proxy, which do not change with the headers. */
  readonly #constantSecrets: readonly string[];
  /** For the last two sets of values sent, because an answer may belong to the previous request. */
  #filters: readonly SecretFilter[] = [];
  #filtered = '';

  /**
   * @param contentType of every body
   * @param proxyAuthorization the credentials for a proxy on the way
   */
  constructor(
    options: Pick<ResolvedTransportOptions, 'url' | 'headers' | 'credentials' | 'userAgent' | 'sign'>,
    contentType: string,
    proxyAuthorization?: string,
  ) {
    const { url, headers, credentials, userAgent } = options;
    this.#options = options;
    this.userAgent = userAgent === undefined ? USER_AGENT : `${userAgent} ${USER_AGENT}`;
    const password = credentials?.slice(credentials.indexOf(':') + 1) ?? '';
    this.#constantSecrets = [
      password,
      ...url.searchParams.values(),
      ...url.search.slice(1).split('&'),
      ...maskedSegments(url.pathname),
      proxyAuthorization ?? '',
    ];
    this.#authorization = credentials === undefined ? undefined : basicAuthorization(credentials);
    this.#ownHeaders = {
      'content-type': contentType,
      'user-agent': this.userAgent,
    };
    this.#userHeaders = typeof headers === 'function' ? headers : () => headers;
    this.#joined = typeof headers === 'function' ? undefined : this.#join(headers);
  }

  /**
   * The headers of the next request. The caller may extend the object, but not keep it, because it is returned again.
   * @throws OtlpTransportError (or rejects with it) if the user's function fails
   */
  forRequest(): Record<string, string> | Promise<Record<string, string>> {
    if (this.#joined !== undefined) return this.#joined;
    try {
      const given = this.#userHeaders();
      return isPromiseLike(given)
        ? Promise.resolve(given)
            .then((headers) => this.#join(checkHeaders(headers)))
            .catch(throwAsHeadersError)
        : this.#join(checkHeaders(given));
    } catch (error) {
      return throwAsHeadersError(error);
    }
  }

  /**
   * The headers of a request that cannot wait for them: those of the last request if the user's function is async, or
   * none of the user's if it never returned any. Never throws.
   */
  lastKnown(): Record<string, string> {
    return this.#joined ?? this.#last ?? this.#askedAtOnce() ?? this.#join({});
  }

  /** @returns undefined if the function fails or is async */
  #askedAtOnce(): Record<string, string> | undefined {
    try {
      const asked = this.forRequest();
      if (!(asked instanceof Promise)) return asked;
      // It comes too late for the request, and nobody handles its failure.
      asked.catch(() => {});
    } catch {
      // Headers that fail matter less to the collector than the request.
    }
    return undefined;
  }

  /**
   * The headers of a request with its signature, if there is a function that signs.
   * @param headers those of the request so far
   * @param host is sent as `Host`, unless the headers name another one
   * @throws (rejects with) OtlpTransportError if the user's function fails, or the end of the deadline
   */
  async signed(
    headers: Record<string, string>,
    body: OtlpRequestBody,
    deadline: Pick<Deadline, 'race'>,
    host = this.#options.url.host,
  ): Promise<Record<string, string>> {
    if (this.#options.sign === undefined) return headers;
    const signature = await deadline.race(signatureOf(this.#options, headers, body, host));
    // Nobody but the transport sets a protected one.
    const given = Object.entries(headers).filter(([name]) => !PROTECTED_HEADERS.has(name));
    this.#filterFor([...given.map(([, value]) => value), ...secretsOf(signature), ...this.#constantSecrets]);
    return { ...headers, ...signature };
  }

  /** Removes secrets of the request from an outcome, because a collector may repeat them. */
  withoutSecrets<Outcome extends { readonly error?: Error }>(outcome: Outcome): Outcome {
    const { error } = outcome;
    if (error !== undefined) for (const filter of this.#filters) error.message = filter.hide(error.message);
    return outcome;
  }

  #filterFor(values: readonly string[]): void {
    const joined = values.join('\n');
    if (joined === this.#filtered) return;
    this.#filtered = joined;
    this.#filters = [new SecretFilter(values), ...this.#filters.slice(0, 1)];
  }

  #join(userHeaders: OtlpHeaders): Record<string, string> {
    this.#filterFor([...Object.values(userHeaders), this.#authorization ?? '', ...this.#constantSecrets]);
    this.#last = {
      ...(this.#authorization !== undefined && { authorization: this.#authorization }),
      ...userHeaders,
      ...this.#ownHeaders,
    };
    return this.#last;
  }
}

function throwAsHeadersError(error: unknown): never {
  throw new OtlpTransportError(
    'RequestHeadersError',
    `the headers function failed: ${excerpt(error instanceof Error ? error.message : String(error))}`,
  );
}
