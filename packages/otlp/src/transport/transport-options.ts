import { LONGEST_DELAY_MS } from '@spillway/backpressure';
import type { OtlpCompression } from '@spillway/config';
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
import { type CollectorUrl, resolveUrl } from './collector-url.ts';
import { checkHeaders, HEADER_VALUE } from './header-checks.ts';

/** Names and values of HTTP headers. */
export type OtlpHeaders = Readonly<Record<string, string>>;

/** A request as it will be sent, for `sign`. */
export interface RequestToSign {
  readonly method: 'POST';
  readonly url: URL;
  /** In lower case, with `host` and `content-length`. */
  readonly headers: OtlpHeaders;
  /** After encoding and compression. */
  readonly body: Uint8Array;
}

/** Returns the headers that sign a request, which are added to its other headers. */
export type SignRequest = (request: RequestToSign) => OtlpHeaders | Promise<OtlpHeaders>;

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
  /** Decrypts `key`, if it is encrypted. */
  readonly passphrase?: string | undefined;
  /** Whether an invalid certificate ends the connection. Default `true`. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** The name that the collector's certificate must have. Default: the host of the URL. */
  readonly servername?: string | undefined;
}

/** The required part of an `http.Agent` or `https.Agent`. */
export interface HttpAgentLike {
  addRequest?: unknown;
  destroy(): void;
}

/** Options of `http.Agent` or `https.Agent`, or a function that creates one, called once. */
export type HttpAgentOptions =
  | Readonly<Record<string, unknown>>
  | ((protocol: 'http:' | 'https:') => HttpAgentLike | Promise<HttpAgentLike>);

/** Options of the OTLP/HTTP transports. `undefined` counts as not given. */
export interface OtlpTransportOptions {
  /**
   * The whole URL that requests are sent to, such as `http://localhost:4318/v1/traces`; nothing is appended. User
   * information in it becomes an `Authorization` header, unless `headers` has one.
   */
  readonly url: string | URL;

  /**
   * Headers of every request, or a function that is called for them before each request, within its time-out. Headers
   * that the transport sets itself ({@link PROTECTED_HEADERS}) are ignored. If the function fails, the attempt is a
   * `retry`. If the collector denies its headers (401, 403), the batch is kept, and the function is called again.
   * Default none.
   */
  readonly headers?: OtlpHeaders | (() => OtlpHeaders | Promise<OtlpHeaders>) | undefined;

  /**
   * Signs each request, for gateways such as those of AWS (Signature Version 4): called with the request as it will be
   * sent, anew for each attempt and within its time-out, and returns the headers to add. If it fails, the attempt is a
   * `retry`, as with `headers`. A signed request cannot be handed over to another process, or sent as a page closes. Not
   * over `grpc`, whose library makes frames and headers after the transport. Default none.
   */
  readonly sign?: SignRequest | undefined;

  /**
   * Product identifiers, such as `shop/1.4`, put before Spillway's in `User-Agent`. Browsers send their own. Default
   * none.
   */
  readonly userAgent?: string | undefined;

  /**
   * Compression of request bodies of 1 KiB or more, off the main thread. A platform without `zstd` (it is in Node from
   * 22.15 on, and in no browser) takes `gzip`. So do later requests if the collector does not take `zstd`, and none if
   * it does not take `gzip`. Default `none`.
   */
  readonly compression?: OtlpCompression | undefined;

  /**
   * Milliseconds for one attempt in total, from the call of `send` to the end of the answer. 0 or `Infinity`: no limit.
   * Default 10 000, as OpenTelemetry specifies.
   */
  readonly timeoutMillis?: number | undefined;

  /** Whether connections are used for several requests. Only `node:http`. Default `true`. */
  readonly keepAlive?: boolean | undefined;

  /**
   * Most connections at a time. Only `node:http`. Default `Infinity`: the controller already bounds the requests in
   * flight, and a second bound here would only hide the queueing from it, as latency.
   */
  readonly maxSockets?: number | undefined;

  /** Largest request body, in bytes before compression, also as JSON. A larger one is not sent: `too_large`. Default 64 MiB. */
  readonly maxRequestBytes?: number | undefined;

  /**
   * How much of an answer's body is read, in bytes, also after decompression. A larger answer is not read to its end.
   * With status 2xx, the batch still counts as delivered. Any other status is then a failure that is not retried, as
   * OTLP requires: the batch counts as `rejected`. Default 4 MiB.
   */
  readonly maxResponseBytes?: number | undefined;

  /**
   * Longest wait accepted from `Retry-After`, in milliseconds. Default 60 000: a server that restarts is back within a
   * minute, one that does not costs only one request a minute, and an absurd value does not stop telemetry until
   * buffers overflow.
   */
  readonly maxRetryAfterMillis?: number | undefined;

  /**
   * TLS to the collector, or a function that returns it. The function is called at construction, and then again before
   * a request, every 5 s at most and after a failed attempt. While it returns the same object, nothing has changed.
   * When it returns another one, new connections are made. If the new one cannot be used, the last one stays in use,
   * with a warning. Default: the platform's TLS.
   */
  readonly tls?: OtlpTlsOptions | (() => OtlpTlsOptions | undefined) | undefined;

  /**
   * Longest use of a connection, in milliseconds. Each connection is used for a random part of it, at least half, and
   * until its current request ends. So replicas behind a balancer that distributes connections share the load. Only
   * `node:http`, and not with an agent from a function. 0 or `Infinity`: no limit. Default 60 000.
   */
  readonly maxConnectionAgeMillis?: number | undefined;

  /**
   * Only `node:http`; over `grpc`, `lookup` alone. Options override those made from the options above, except `tls`. An
   * agent from a function replaces all of them and `proxyEnv`, and is not destroyed by `shutdown`. Default none.
   */
  readonly httpAgentOptions?: HttpAgentOptions | undefined;

  /**
   * Only `grpc`. Options of the channel of `@grpc/grpc-js`, such as `{ 'grpc.keepalive_time_ms': 30_000 }`. They override
   * those made from the options above. Default none.
   */
  readonly grpcChannelOptions?: Readonly<Record<string, string | number>> | undefined;

  /**
   * The environment with the proxy variables (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, or in lower case, which wins).
   * `{}` for no proxy. Only `node:http`; elsewhere proxies are the platform's. Over `grpc`, the
   * variables of the process count, as `@grpc/grpc-js` reads them, unless this is `{}`. Default `process.env`.
   */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Checked options with all defaults filled in. */
export interface ResolvedTransportOptions extends CollectorUrl {
  readonly headers: OtlpHeaders | (() => OtlpHeaders | Promise<OtlpHeaders>);
  readonly sign: SignRequest | undefined;
  readonly userAgent: string | undefined;
  readonly compression: OtlpCompression;
  /** `Infinity` for no limit. */
  readonly timeoutMillis: number;
  readonly keepAlive: boolean;
  readonly maxSockets: number;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  readonly maxRetryAfterMillis: number;
  /** `undefined` if no member is given. The result of a function is not checked yet. */
  readonly tls: OtlpTlsOptions | (() => OtlpTlsOptions | undefined) | undefined;
  /** `Infinity` for no limit. */
  readonly maxConnectionAgeMillis: number;
  readonly httpAgentOptions: HttpAgentOptions | undefined;
  readonly grpcChannelOptions: Readonly<Record<string, string | number>> | undefined;
  readonly proxyEnv: Readonly<Record<string, string | undefined>> | undefined;
}

const COMPRESSIONS: readonly OtlpCompression[] = ['none', 'gzip', 'zstd'];

const MEBIBYTE = 2 ** 20;

/** The defaults of {@link OtlpTransportOptions}. */
export const TRANSPORT_DEFAULTS = {
  headers: {},
  compression: 'none',
  timeoutMillis: 10_000,
  keepAlive: true,
  maxSockets: Infinity,
  // Limits that a server may reasonably need; the collector's own default for a request is 20 MiB.
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
  if (timeoutMillis !== Infinity) checkNumber('timeoutMillis', timeoutMillis, 0, LONGEST_DELAY_MS);
  const maxConnectionAgeMillis = options.maxConnectionAgeMillis ?? TRANSPORT_DEFAULTS.maxConnectionAgeMillis;
  checkNumber('maxConnectionAgeMillis', maxConnectionAgeMillis, 0, Infinity);
  return {
    ...resolveUrl(options.url),
    headers: checkHeadersOption(options.headers ?? TRANSPORT_DEFAULTS.headers),
    sign: checkSign(options.sign),
    userAgent: checkUserAgent(options.userAgent),
    compression: checkOneOf('compression', options.compression ?? TRANSPORT_DEFAULTS.compression, COMPRESSIONS),
    timeoutMillis: timeoutMillis === 0 ? Infinity : timeoutMillis,
    keepAlive: checkBoolean('keepAlive', options.keepAlive ?? TRANSPORT_DEFAULTS.keepAlive),
    maxSockets: checkCount('maxSockets', options.maxSockets ?? TRANSPORT_DEFAULTS.maxSockets),
    maxRequestBytes: checkCount('maxRequestBytes', options.maxRequestBytes ?? TRANSPORT_DEFAULTS.maxRequestBytes),
    maxResponseBytes: checkCount('maxResponseBytes', options.maxResponseBytes ?? TRANSPORT_DEFAULTS.maxResponseBytes),
    maxRetryAfterMillis: checkNumber(
      'maxRetryAfterMillis',
      options.maxRetryAfterMillis ?? TRANSPORT_DEFAULTS.maxRetryAfterMillis,
      1,
      LONGEST_DELAY_MS,
    ),
    tls: typeof options.tls === 'function' ? options.tls : checkTls(options.tls),
    maxConnectionAgeMillis: maxConnectionAgeMillis === 0 ? Infinity : maxConnectionAgeMillis,
    httpAgentOptions: checkAgentOptions(options.httpAgentOptions),
    grpcChannelOptions: checkOptionalRecord('grpcChannelOptions', options.grpcChannelOptions),
    proxyEnv: checkOptionalRecord('proxyEnv', options.proxyEnv),
  };
}

function checkHeadersOption(headers: ResolvedTransportOptions['headers']): ResolvedTransportOptions['headers'] {
  return typeof headers === 'function' ? headers : checkHeaders(headers);
}

function checkSign(value: SignRequest | undefined): SignRequest | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw new TypeError(`sign must be a function, got ${shown(value)}`);
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
  if (passphrase !== undefined && typeof passphrase !== 'string')
    throw new TypeError(`tls.passphrase must be a string, got a ${typeof passphrase}`);
  if (servername !== undefined && typeof servername !== 'string')
    throw new TypeError(`tls.servername must be a string, got ${shown(servername)}`);
  if (rejectUnauthorized !== undefined) checkBoolean('tls.rejectUnauthorized', rejectUnauthorized);
  if ((tls['cert'] === undefined) !== (tls['key'] === undefined)) {
    const [given, missing] = tls['key'] === undefined ? ['cert', 'key'] : ['key', 'cert'];
    throw new TypeError(`tls.${given} needs tls.${missing}, got undefined`);
  }
  const isEmpty = Object.values(tls).every((value) => value === undefined);
  return isEmpty ? undefined : tls;
}

/** Works across realms: in jest, a file that Node reads is not a `Uint8Array` of the test's realm. */
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
