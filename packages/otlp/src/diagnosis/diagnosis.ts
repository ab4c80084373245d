import type { FlushOutcome } from '@spillway/backpressure';
import type { OtlpProtocol, Signal } from '@spillway/config';
import type { Proxy } from '../transport/proxy-environment.ts';

/** What a port speaks, as far as one look can tell. `http/2 within tls`: only HTTP/2, within TLS. */
export type PeerProtocol = 'http/1' | 'http/2' | 'tls' | 'http/2 within tls' | 'unknown';

/** What an attempt to send means. */
export type DiagnosisKind =
  | 'accepted'
  | 'bad_configuration'
  | 'connection_broken'
  | 'connection_refused'
  | 'forbidden'
  | 'grpc'
  | 'http'
  | 'method_not_allowed'
  | 'name_not_resolved'
  | 'no_service'
  | 'not_http'
  | 'not_otlp'
  | 'partial_success'
  | 'proxy'
  | 'redirect'
  | 'refused'
  | 'server_error'
  | 'throttled'
  | 'timeout'
  | 'not_installed'
  | 'tls_client_certificate'
  | 'tls_expired'
  | 'tls_failed'
  | 'tls_not_spoken'
  | 'tls_required'
  | 'tls_self_signed'
  | 'tls_unknown_authority'
  | 'tls_wrong_host'
  | 'too_large'
  | 'unauthorized'
  | 'unreachable'
  | 'unsupported_media_type'
  | 'wrong_path';

/** In words, without secrets. */
export interface Diagnosis {
  readonly kind: DiagnosisKind;
  /** A sentence without its full stop. */
  readonly found: string;
  /** Sentences; `undefined` if there is nothing to do. */
  readonly advice: string | undefined;
}

/** What is known about an attempt. */
export interface Evidence {
  readonly signal: Signal;
  readonly protocol: OtlpProtocol;
  readonly outcome: FlushOutcome;
  /** Where it went, without credentials. */
  readonly url: URL;
  /** The variable, or the words, by which the reader sets the URL. */
  readonly urlSource: string;
  readonly proxy: Proxy | undefined;
  /** Whether a client certificate is configured. */
  readonly hasClientCertificate: boolean;
  /** What a second look at the port found, if there was one. */
  readonly peer: PeerProtocol | undefined;
}

/** Of an outcome that has an error. */
export interface Failure {
  readonly code: string | undefined;
  readonly statusCode: number | undefined;
  /** Begins with a host, not with a capital. */
  readonly text: string;
}

/** OpenSSL puts its message between addresses and source lines. */
const OPENSSL_TEXT = /(?:write EPROTO )?[\dA-F]+:error:[\dA-F]+:SSL routines:[^:]*:([^:]+):.*$/s;

export function failureOf(outcome: FlushOutcome): Failure {
  const {
    code,
    statusCode,
    message = '',
  } = (outcome.error ?? {}) as { code?: string; statusCode?: number; message?: string };
  return { code, statusCode, text: message.replace(OPENSSL_TEXT, '$1') };
}
