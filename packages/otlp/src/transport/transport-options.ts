import {
  checkBoolean,
  checkCount,
  checkNumber,
  checkOneOf,
  checkOptionalRecord,
  isRecord,
  shown,
} from './value-checks.ts';
import { typeOf } from '../encoding/type-of.ts';
import { checkHeaders, HEADER_VALUE } from './header-checks.ts';
import { credentialsOf } from './url-credentials.ts';

/** Names and values of HTTP headers. */
export type OtlpHeaders = Readonly<Record<string, string>>;

/** A certificate or key in PEM, as text or as the bytes of its file. */
export type Pem = string | Uint8Array;

/** TLS to the collector. Only for `https:` URLs, and only over `node:https`; elsewhere TLS is the platform's. */
export interface OtlpTlsOptions {
  /** Certificates that are trusted to sign the collector's, instead of the platform's. */
  readonly ca?: Pem | undefined;
  /** Client certificate chain, for mutual TLS. Needs `key`. */
  readonly cert?: Pem | undefined;
  /** Private key of `cert`. */
  readonly key?: Pem | undefined;
  /** Opens `key`, where it is encrypted. */
  readonly passphrase?: string | undefined;
  /** Whether a certificate that does not pass ends the connection. Default `true`. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** The name that the collector's certificate must have. Default: the host of the URL. */
  readonly servername?: string | undefined;
}

/** What is needed of an `http.Agent` or `https.Agent`. */
export interface HttpAgentLike {
  addRequest?: unknown;
  destroy(): void;
}

/** Options of `http.Agent` or `https.Agent`, or a function that makes one, called once. */
export type HttpAgentOptions =
  | Readonly<Record<string, unknown>>
  | ((protocol: 'http:' | 'https:') => HttpAgentLike | Promise<HttpAgentLike>);

/** Options of the OTLP/HTTP transports. `undefined` counts as not given. */
export interface OtlpTransportOptions {
  /**
   * The whole URL that requests go to, such as `http://localhost:4318/v1/traces`; nothing is appended. User information
   * in it becomes an `Authorization` header, unless `headers` has one.
   */
  readonly url: string | URL;

  /**
   * Headers of every request, or a function that is asked for them before each request, within its time. Names of the
   * transport's own ({@link PROTECTED_HEADERS}) are ignored. If the function fails, the attempt is a `retry`. If the collector
   * denies what it gave (401, 403), the batch is kept, and the function is asked again. Default none.
   */
  readonly headers?: OtlpHeaders | (() => OtlpHeaders | Promise<OtlpHeaders>) | undefined;

  /** Product identifiers, such as `shop/1.4`, put before our own in `User-Agent`. Browsers send their own. Default none. */
  readonly userAgent?: string | undefined;

  /**
   * Compression of request bodies. `gzip` costs about ten times the CPU of everything else here (1.5 ms for 200 KB), but off the main thread.
   * Default `none`.
   */
  readonly compression?: 'none' | 'gzip' | undefined;

  /**
   * Milliseconds for one attempt in total, from the call of `send` to the end of the answer. 0 or `Infinity`: no limit.
   * Default 10 000, as OpenTelemetry specifies.
   */
  readonly timeoutMillis?: number | undefined;

  /** Whether connections are used for several requests. Only `node:http`. Default `true`. */
  readonly keepAlive?: boolean | undefined;

  /**
   * Most connections at a time. Only `node:http`. Default `Infinity`: the controller bounds what is in flight, and a
   * second bound here would only hide the queueing from it, as latency.
   */
  readonly maxSockets?: number | undefined;

  /** Largest request body, in bytes before compression; a larger one is not sent and is `too_large`. Default 64 MiB. */
  readonly maxRequestBytes?: number | undefined;

  /**
   * How much of an answer's body is read, in bytes, also after decompression. A larger answer is not read to its end. With
   * status 2xx the batch counts as delivered all the same. With any other status it is a failure that is not retried, as OTLP
   * has it: the batch counts as `rejected`. Default 4 MiB.
   */
  readonly maxResponseBytes?: number | undefined;

  /**
   * Longest wait taken from `Retry-After`, in milliseconds. Default 60 000: a server that restarts is back within a
   * minute, one that is not costs one request a minute, and an absurd value does not hold telemetry until buffers overflow.
   */
  readonly maxRetryAfterMillis?: number | undefined;

  /**
   * TLS to the collector, or a function that gives it. The function is called at construction, and then again before a
   * request, every 5 s at most and after a failed attempt; while it gives the same object, nothing has changed. When it
   * gives another one, connections are made anew. If what it gives cannot be used, the last one stays in use, with a
   * warning. Default: as the platform does it.
   */
  readonly tls?: OtlpTlsOptions | (() => OtlpTlsOptions | undefined) | undefined;

  /**
   * Milliseconds for which a connection is used at most, give or take: each one for at least half of it, at random, and to
   * the end of the request that it has then. So replicas behind a balancer that distributes connections share the load.
   * Only `node:http`, and not with an agent that a function gave. 0 or `Infinity`: no limit. Default 60 000.
   */
  readonly maxConnectionAgeMillis?: number | undefined;

  /**
   * Only `node:http`. Options override those made from the options above, except `tls`. An agent that a function gave
   * takes the place of all of them and of `proxyEnv`, and is not destroyed by `shutdown`. Default none.
   */
  readonly httpAgentOptions?: HttpAgentOptions | undefined;

  /**
   * Where the proxy variables are looked up (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, or in lower case, which wins).
   * `{}` for no proxy. Only `node:http`; elsewhere proxies are the platform's. Default `process.env`.
   */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Options with every default filled in, and checked. */
export interface ResolvedTransportOptions {
  /** Without user information and fragment. */
  readonly url: URL;
  /** Of the user information of the URL, `user:password`, decoded; `undefined` without. */
  readonly credentials: string | undefined;
  readonly headers: OtlpHeaders | (() => OtlpHeaders | Promise<OtlpHeaders>);
  readonly userAgent: string | undefined;
  readonly compression: 'none' | 'gzip';
  /** `Infinity` for no limit. */
  readonly timeoutMillis: number;
  readonly keepAlive: boolean;
  readonly maxSockets: number;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  readonly maxRetryAfterMillis: number;
  /** `undefined` where no member is given. What a function gives is not checked yet. */
  readonly tls: OtlpTlsOptions | (() => OtlpTlsOptions | undefined) | undefined;
  /** `Infinity` for no limit. */
  readonly maxConnectionAgeMillis: number;
  readonly httpAgentOptions: HttpAgentOptions | undefined;
  readonly proxyEnv: Readonly<Record<string, string | undefined>> | undefined;
}

const MEBIBYTE = 2 ** 20;

/** setTimeout holds its delay in 31 bits. */
const LONGEST_TIMEOUT_MILLIS = 2 ** 31 - 1;

/** The defaults of {@link OtlpTransportOptions}. */
export const TRANSPORT_DEFAULTS = {
  headers: {},
  compression: 'none',
  timeoutMillis: 10_000,
  keepAlive: true,
  maxSockets: Infinity,
  // What a server may reasonably take and say; the collector's own default for a request is 20 MiB.
  maxRequestBytes: 64 * MEBIBYTE,
  maxResponseBytes: 4 * MEBIBYTE,
  maxRetryAfterMillis: 60_000,
  maxConnectionAgeMillis: 60_000,
} as const satisfies Partial<OtlpTransportOptions>;

/**
 * Fills in defaults and checks.
 * @throws TypeError for a value of the wrong type or form, RangeError for a number out of range; the message names the
 *   option and the value, without secrets
 */
export function resolveTransportOptions(options: OtlpTransportOptions): ResolvedTransportOptions {
  if (!isRecord(options)) throw new TypeError(`options must be an object, got ${shown(options)}`);
  const timeoutMillis = options.timeoutMillis ?? TRANSPORT_DEFAULTS.timeoutMillis;
  if (timeoutMillis !== Infinity) checkNumber('timeoutMillis', timeoutMillis, 0, LONGEST_TIMEOUT_MILLIS);
  const maxConnectionAgeMillis = options.maxConnectionAgeMillis ?? TRANSPORT_DEFAULTS.maxConnectionAgeMillis;
  checkNumber('maxConnectionAgeMillis', maxConnectionAgeMillis, 0, Infinity);
  return {
    ...resolveUrl(options.url),
    headers: checkHeadersOption(options.headers ?? TRANSPORT_DEFAULTS.headers),
    userAgent: checkUserAgent(options.userAgent),
    compression: checkOneOf('compression', options.compression ?? TRANSPORT_DEFAULTS.compression, ['none', 'gzip']),
    timeoutMillis: timeoutMillis === 0 ? Infinity : timeoutMillis,
    keepAlive: checkBoolean('keepAlive', options.keepAlive ?? TRANSPORT_DEFAULTS.keepAlive),
    maxSockets: checkCount('maxSockets', options.maxSockets ?? TRANSPORT_DEFAULTS.maxSockets),
    maxRequestBytes: checkCount('maxRequestBytes', options.maxRequestBytes ?? TRANSPORT_DEFAULTS.maxRequestBytes),
    maxResponseBytes: checkCount('maxResponseBytes', options.maxResponseBytes ?? TRANSPORT_DEFAULTS.maxResponseBytes),
    maxRetryAfterMillis: checkNumber(
      'maxRetryAfterMillis',
      options.maxRetryAfterMillis ?? TRANSPORT_DEFAULTS.maxRetryAfterMillis,
      1,
      LONGEST_TIMEOUT_MILLIS,
    ),
    tls: typeof options.tls === 'function' ? options.tls : checkTls(options.tls),
    maxConnectionAgeMillis: maxConnectionAgeMillis === 0 ? Infinity : maxConnectionAgeMillis,
    httpAgentOptions: checkAgentOptions(options.httpAgentOptions),
    proxyEnv: checkOptionalRecord('proxyEnv', options.proxyEnv),
  };
}

function checkHeadersOption(headers: ResolvedTransportOptions['headers']): ResolvedTransportOptions['headers'] {
  return typeof headers === 'function' ? headers : checkHeaders(headers);
}

function resolveUrl(value: unknown): Pick<ResolvedTransportOptions, 'url' | 'credentials'> {
  if (typeof value !== 'string' && !(isRecord(value) && 'href' in value)) throw new TypeError(`url must be a string or URL, got ${shown(value)}`);
  const text = typeof value === 'string' ? value : String(value['href']);
  const url = parseUrl(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`url must be http: or https:, got ${shown(withoutSecrets(text))}`);
  }
  const credentials = credentialsOf(url);
  url.username = '';
  url.password = '';
  url.hash = '';
  return { url, credentials };
}

/** Without `URL.canParse`, which jsdom and older browsers lack. */
function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    if (typeof URL !== 'function') throw new TypeError('an OTLP transport needs the global URL, which this platform does not have');
    throw new TypeError(`url must be an absolute URL, got ${shown(withoutSecrets(text))}`);
  }
}

function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^([^@]*?\/\/)?.*@/s, '$1');
}

const PEM_OPTIONS = ['ca', 'cert', 'key'] as const;

/**
 * @returns `undefined` if no member is given
 * @throws TypeError for a member of the wrong type, or a certificate without its key
 */
export function checkTls(tls: unknown): OtlpTlsOptions | undefined {
  if (tls === undefined) return undefined;
  if (!isRecord(tls)) throw new TypeError(`tls must be an object, got a ${typeof tls}`);
  const { rejectUnauthorized, passphrase, servername } = tls;
  for (const name of PEM_OPTIONS) {
    const pem = tls[name];
    if (pem !== undefined && typeof pem !== 'string' && !isBytes(pem)) {
      throw new TypeError(`tls.${name} must be PEM text or bytes, got a ${typeof pem}`);
    }
  }
  if (passphrase !== undefined && typeof passphrase !== 'string') throw new TypeError(`tls.passphrase must be a string, got a ${typeof passphrase}`);
  if (servername !== undefined && typeof servername !== 'string') throw new TypeError(`tls.servername must be a string, got ${shown(servername)}`);
  if (rejectUnauthorized !== undefined) checkBoolean('tls.rejectUnauthorized', rejectUnauthorized);
  if ((tls['cert'] === undefined) !== (tls['key'] === undefined)) {
    const [given, missing] = tls['key'] === undefined ? ['cert', 'key'] : ['key', 'cert'];
    throw new TypeError(`tls.${given} needs tls.${missing}, got undefined`);
  }
  const isEmpty = Object.values(tls).every((value) => value === undefined);
  return isEmpty ? undefined : tls;
}

/** Also of another realm: in jest, what Node reads of a file is no `Uint8Array` of the test's. */
function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) && typeOf(value) === 'Uint8Array';
}

function checkAgentOptions(value: HttpAgentOptions | undefined): HttpAgentOptions | undefined {
  return typeof value === 'function' ? value : checkOptionalRecord('httpAgentOptions', value);
}

function checkUserAgent(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !HEADER_VALUE.test(value)) {
    throw new TypeError(`userAgent must be a string that HTTP allows in a header, got ${shown(value)}`);
  }
  return value;
}
