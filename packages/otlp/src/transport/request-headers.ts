import { excerpt } from './excerpt.ts';
import { checkHeaders } from './header-checks.ts';
import { OtlpTransportError } from './transport-error.ts';
import type { OtlpHeaders, ResolvedTransportOptions } from './transport-options.ts';
import { basicAuthorization } from './url-credentials.ts';
import { USER_AGENT } from './user-agent.ts';

/** Shorter parts of header values are words, such as `Basic`, and would be cut out of ordinary text. */
const SHORTEST_SECRET = 8;

const MASK = '***';

/** How an excerpt ends. */
const CUT = '…';

/** The headers of a transport's requests: the user's, under the transport's own. */
export class RequestHeaders {
  readonly #userHeaders: () => OtlpHeaders | Promise<OtlpHeaders>;
  readonly #ownHeaders: Record<string, string>;
  readonly #authorization: string | undefined;
  /** Joined once where the user's headers do not change. */
  readonly #joined: Record<string, string> | undefined;
  #last: Record<string, string> | undefined;
  /** Of the URL and of the way, whatever the headers are. */
  readonly #constantSecrets: readonly string[];
  /** Parts of the last values sent that must not be seen in a message. */
  #secrets: readonly string[] = [];

  /**
   * @param isCompressed whether bodies are sent with gzip
   * @param proxyAuthorization what a proxy on the way is told
   */
  constructor(
    options: Pick<ResolvedTransportOptions, 'url' | 'headers' | 'credentials' | 'userAgent'>,
    isCompressed: boolean,
    proxyAuthorization?: string,
  ) {
    const { url, headers, credentials, userAgent } = options;
    const password = credentials?.slice(credentials.indexOf(':') + 1) ?? '';
    this.#constantSecrets = [password, ...url.searchParams.values(), ...url.search.slice(1).split('&'), proxyAuthorization ?? ''];
    this.#authorization = credentials === undefined ? undefined : basicAuthorization(credentials);
    this.#ownHeaders = {
      'content-type': 'application/x-protobuf',
      'user-agent': userAgent === undefined ? USER_AGENT : `${userAgent} ${USER_AGENT}`,
      ...(isCompressed && { 'content-encoding': 'gzip' }),
    };
    this.#userHeaders = typeof headers === 'function' ? headers : () => headers;
    this.#joined = typeof headers === 'function' ? undefined : this.#join(headers);
  }

  /**
   * The headers of the next request. The caller may add to what it gets, but not keep it: it is given out again.
   * @throws OtlpTransportError (or rejects with it) where the user's function fails
   */
  forRequest(): Record<string, string> | Promise<Record<string, string>> {
    if (this.#joined !== undefined) return this.#joined;
    try {
      const given = this.#userHeaders();
      return isPromiseLike(given)
        ? Promise.resolve(given).then((headers) => this.#join(checkHeaders(headers))).catch(throwAsHeadersError)
        : this.#join(checkHeaders(given));
    } catch (error) {
      return throwAsHeadersError(error);
    }
  }

  /**
   * The headers of a request for which nobody can be waited for: those of the last one, where the user's function gives
   * them later; without the user's where it never gave any. Never throws. Without what only a compressed body has.
   */
  lastKnown(): Record<string, string> {
    const { 'content-encoding': _, ...headers } = this.#joined ?? this.#last ?? this.#askedAtOnce() ?? this.#join({});
    return headers;
  }

  /** @returns undefined where that cannot be */
  #askedAtOnce(): Record<string, string> | undefined {
    try {
      const asked = this.forRequest();
      if (!(asked instanceof Promise)) return asked;
      // It comes too late for the request, and its failure is nobody's.
      asked.catch(() => {});
    } catch {
      // There are headers that matter less to the collector than the rest.
    }
    return undefined;
  }

  /** A collector that repeats a header, or the query of its URL, in its answer must not put it into an error, and so into a log. */
  withoutSecrets<Outcome extends { readonly error?: Error }>(outcome: Outcome): Outcome {
    const { error } = outcome;
    if (error !== undefined) {
      for (const secret of this.#secrets) error.message = withoutSecret(error.message, secret);
    }
    return outcome;
  }

  #join(userHeaders: OtlpHeaders): Record<string, string> {
    const values = [...Object.values(userHeaders), this.#authorization ?? '', ...this.#constantSecrets];
    this.#secrets = values.flatMap((value) => value.split(/[\s,;=]+/)).filter(({ length }) => length >= SHORTEST_SECRET);
    this.#last = {
      ...(this.#authorization !== undefined && { authorization: this.#authorization }),
      ...userHeaders,
      ...this.#ownHeaders,
    };
    return this.#last;
  }
}

/** What was said is cut to an excerpt, perhaps in the midst of the secret. */
function withoutSecret(message: string, secret: string): string {
  const cut = message.replaceAll(secret, MASK);
  if (!cut.endsWith(CUT)) return cut;
  for (let length = Math.min(secret.length, cut.length) - 1; length >= SHORTEST_SECRET; length -= 1) {
    if (cut.endsWith(secret.slice(0, length) + CUT)) return cut.slice(0, -length - CUT.length) + MASK + CUT;
  }
  return cut;
}

export function isPromiseLike<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function throwAsHeadersError(error: unknown): never {
  throw new OtlpTransportError('RequestHeadersError', `the headers function failed: ${excerpt(error instanceof Error ? error.message : String(error))}`);
}
