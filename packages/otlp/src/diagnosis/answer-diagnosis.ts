import type { Signal } from '@spillway/config';
import { shownPath } from '../transport/shown-path.ts';
import { type Diagnosis, type Evidence, failureOf } from './diagnosis.ts';

const PATH_OF: Readonly<Record<Signal, string>> = {
  traces: '/v1/traces',
  logs: '/v1/logs',
  metrics: '/v1/metrics',
};

/** The texts with which TLS servers answer plain HTTP: Go, nginx, Apache, Jetty. */
const SAYS_TLS = /HTTP request (was sent )?to (an )?HTTPS|plain HTTP to an SSL|speaking plain HTTP to/i;

/** The texts of servers that speak only HTTP/2, most of them gRPC servers. */
const SAYS_HTTP_2 = /expected `h2`|application\/grpc|HTTP\/2 (is )?required/i;

/** What an answer means; `undefined` if there was none. */
export function diagnoseAnswer(evidence: Evidence): Diagnosis | undefined {
  const { outcome, url, urlSource, proxy } = evidence;
  const { statusCode, text: found } = failureOf(outcome);
  if (outcome.kind === 'too_large')
    return {
      kind: 'too_large',
      found,
      advice:
        'Not even a single item is accepted: look at the size limits of the server, and of any proxy in front of it.',
    };
  if (outcome.kind === 'delivered') return delivered(evidence, found);
  if (outcome.error.name === 'ResponseTooLargeError') return notOtlp(evidence, found);
  if (statusCode === undefined) return undefined;
  if (SAYS_TLS.test(found))
    return { kind: 'tls_required', found, advice: `The port speaks TLS. Write https:// in ${urlSource}.` };
  if (SAYS_HTTP_2.test(found)) return grpc(evidence, found);
  if (statusCode === 407)
    return {
      kind: 'proxy',
      found,
      advice: `The proxy ${proxy?.hostname ?? 'on the way'} does not accept the credentials: write user:password@ before its host, percent-encoded, in HTTP_PROXY.`,
    };
  if (statusCode >= 300 && statusCode < 400)
    return {
      kind: 'redirect',
      found,
      advice: `Redirects are not followed, because they could send telemetry and credentials to another server. Set ${urlSource} to the target of the redirect, often the same host with https://.`,
    };
  switch (statusCode) {
    case 401:
      return {
        kind: 'unauthorized',
        found,
        advice: `The server does not accept the credentials: ${credentialsAdvice(evidence)}`,
      };
    case 403:
      return {
        kind: 'forbidden',
        found,
        advice: `The server does not allow this client to send: ${credentialsAdvice(evidence)}`,
      };
    case 404:
    case 410:
      return { kind: 'wrong_path', found, advice: pathAdvice(evidence) };
    case 405:
    case 501:
      return {
        kind: 'method_not_allowed',
        found,
        advice: `The server accepts no POST at ${shownPath(url.pathname)}, so that is not an OTLP/HTTP endpoint. ${pathAdvice(evidence)}`,
      };
    case 415:
      return {
        kind: 'unsupported_media_type',
        found,
        advice:
          'The server does not accept this format: set OTEL_EXPORTER_OTLP_PROTOCOL to the other one of http/protobuf and http/json, or send to a collector that takes both.',
      };
    case 429:
    case 503:
      return tooBusy(evidence, found);
    case 502:
    case 504:
      return {
        kind: 'server_error',
        found,
        advice: `The answer came from a gateway or proxy${proxy === undefined ? '' : ` (${proxy.hostname}:${proxy.port})`} that does not reach the collector behind it: look there.`,
      };
    case 400:
      return {
        kind: 'refused',
        found,
        advice: `The server does not understand the request. ${isPathOfOther(evidence) ? pathAdvice(evidence) : 'Is it an OTLP endpoint of this signal? Look at its log.'}`,
      };
    default:
      return statusCode >= 500
        ? { kind: 'server_error', found, advice: 'The server failed: look at its log.' }
        : {
            kind: 'refused',
            found,
            advice: 'The server rejects the request, and would reject it again: look at its log.',
          };
  }
}

/** The server asks for less. */
export function tooBusy({ outcome }: Evidence, found: string): Diagnosis {
  const wait =
    outcome.kind === 'throttled' && outcome.retryAfterMs !== undefined
      ? `, and asks to wait ${Math.ceil(outcome.retryAfterMs / 1_000)} s`
      : '';
  return {
    kind: 'throttled',
    found: `${found}${wait}`,
    advice:
      'The server is overloaded, or not ready yet. An application keeps its items and sends them again. If this lasts, the server needs more capacity, or a higher quota.',
  };
}

/** The port speaks only HTTP/2. */
export function grpc({ urlSource, protocol }: Pick<Evidence, 'urlSource' | 'protocol'>, found: string): Diagnosis {
  return {
    kind: 'grpc',
    found,
    advice:
      protocol === 'grpc'
        ? `The port speaks HTTP/2, as gRPC does, but without TLS. Write http:// in ${urlSource}, or switch TLS on at the server.`
        : `The port speaks only HTTP/2, as gRPC does, and the protocol is ${protocol}. Set OTEL_EXPORTER_OTLP_PROTOCOL to grpc and install @spillway/otlp-grpc, or set ${urlSource} to the OTLP/HTTP port: usually 4318, if 4317 is the one for gRPC.`,
  };
}

/** The port was spoken to in gRPC, and answers in HTTP. */
export function http({ urlSource }: Pick<Evidence, 'urlSource'>, found: string): Diagnosis {
  return {
    kind: 'http',
    found,
    advice: `The port speaks HTTP, as OTLP/HTTP does, and the protocol is grpc. Set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf, or set ${urlSource} to the port for gRPC: usually 4317, if 4318 is the one for OTLP/HTTP.`,
  };
}

function delivered(evidence: Evidence, found: string): Diagnosis {
  const { outcome } = evidence;
  if (outcome.kind === 'delivered' && (outcome.rejected ?? 0) > 0) {
    return {
      kind: 'partial_success',
      found,
      advice: 'The server understood the request and rejected the item in it: its message says why.',
    };
  }
  if (outcome.error?.name === 'PartialSuccessError')
    return { kind: 'accepted', found: `accepted, with a warning: ${found}`, advice: undefined };
  return notOtlp(evidence, found);
}

function notOtlp(evidence: Evidence, found: string): Diagnosis {
  return {
    kind: 'not_otlp',
    found,
    advice: `The answer does not look like OTLP: is it from a web server, a login page or a proxy? ${pathAdvice(evidence)}`,
  };
}

/** Which header to look at. */
export function credentialsAdvice({ signal }: Evidence): string {
  return `look at the name and the value of the header in OTEL_EXPORTER_OTLP_HEADERS, or OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_HEADERS, such as authorization=Bearer%20TOKEN (percent-encoded).`;
}

function pathAdvice({ signal, url, urlSource }: Evidence): string {
  const path = PATH_OF[signal];
  const pathname = shownPath(url.pathname);
  if (/\/v1\/\w+\/+v1\/\w+$/.test(pathname)) {
    return `The path ${pathname} contains the path of a signal twice: ${urlSource} is the base URL, to which ${path} is appended. Leave it out there.`;
  }
  if (isPathOfOther({ signal, url }))
    return `The path ${pathname} is that of another signal: set ${urlSource} to one that ends in ${path}.`;
  if (!pathname.endsWith(path)) {
    return `The path is ${pathname}, but OTLP/HTTP usually has ${path}. The variable of one signal is used as it is: append ${path} in ${urlSource}, or set OTEL_EXPORTER_OTLP_ENDPOINT, to which it is appended.`;
  }
  return `The path is ${pathname}, which is right for most servers: are host and port right? Some servers have a prefix, such as /otlp${path}. If this one takes no ${signal}, set OTEL_${signal.toUpperCase()}_EXPORTER=none.`;
}

function isPathOfOther({ signal, url }: Pick<Evidence, 'signal' | 'url'>): boolean {
  return /\/v1\/(traces|logs|metrics)$/.test(url.pathname) && !url.pathname.endsWith(PATH_OF[signal]);
}
