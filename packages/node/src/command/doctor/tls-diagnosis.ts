import { grpc } from './answer-diagnosis.ts';
import { type Diagnosis, type DiagnosisKind, type Evidence, failureOf } from './diagnosis.ts';

interface Row {
  /** In the code, or in OpenSSL's text: older versions of Node have EPROTO for all codes. */
  readonly sign: RegExp;
  readonly kind: DiagnosisKind;
  advice(evidence: Evidence): string;
}

/** How OpenSSL says that what came is no TLS. */
export const SPEAKS_NO_TLS = /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|packet length too long|HTTP_REQUEST|http request/;

const TRUST = (signed: string): string =>
  `Name a PEM file with ${signed} in OTEL_EXPORTER_OTLP_CERTIFICATE. If the authority is known to this machine, node --use-system-ca is enough.`;

const ROWS: readonly Row[] = [
  { sign: /SELF_SIGNED_CERT|self-signed certificate/, kind: 'tls_self_signed', advice: () => `The certificate is signed by itself, or by an authority that is not known here. ${TRUST('that certificate, or its authority')}` },
  {
    sign: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|CERT_UNTRUSTED|INVALID_CA/,
    kind: 'tls_unknown_authority',
    advice: () => `The certificate is signed by an authority that is not known here, or the server does not send the certificates in between. ${TRUST('that authority')}`,
  },
  { sign: /CERT_HAS_EXPIRED/, kind: 'tls_expired', advice: () => 'The certificate of the server has run out: renew it there. Or is the clock of this machine wrong?' },
  { sign: /CERT_NOT_YET_VALID/, kind: 'tls_expired', advice: () => 'The certificate of the server is not valid yet. Is the clock of this machine wrong?' },
  {
    sign: /ALTNAME_INVALID|HOSTNAME_MISMATCH/,
    kind: 'tls_wrong_host',
    advice: ({ url, urlSource }) => `The certificate is for other names than ${url.hostname}: write one of those in ${urlSource}, or have a certificate issued for this one.`,
  },
  {
    sign: /ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|NO_CERTIFICATE|HANDSHAKE_FAILURE|ACCESS_DENIED)|alert (certificate|bad certificate|unknown ca|no certificate|handshake failure|access denied)/,
    kind: 'tls_client_certificate',
    advice: clientCertificateAdvice,
  },
  { sign: SPEAKS_NO_TLS, kind: 'tls_not_spoken', advice: ({ urlSource }) => `The port does not speak TLS. Write http:// in ${urlSource}, or switch TLS on at the server.` },
];

/** What a handshake that failed means; `undefined` where that is not what happened. */
export function diagnoseTls(evidence: Evidence): Diagnosis | undefined {
  const { outcome, url, peer, hasClientCertificate, urlSource, proxy } = evidence;
  const { code, text: found } = failureOf(outcome);
  if (url.protocol === 'http:') {
    if (peer !== 'tls') return undefined;
    return { kind: 'tls_required', found, advice: `The port speaks TLS. Write https:// in ${urlSource}.` };
  }
  if (peer === 'http/2') return grpc(evidence, `${found}; the port speaks HTTP/2 without TLS`);
  if (peer === 'http/2 within tls') return grpc(evidence, found);
  const row = ROWS.find(({ sign }) => sign.test(`${code ?? ''} ${found}`));
  if (row !== undefined) return { kind: row.kind, found, advice: row.advice(evidence) };
  if (found.startsWith('TLS with')) return { kind: 'tls_failed', found, advice: 'Client and server do not agree on TLS: look at the versions and ciphers that the server allows.' };
  // Node's own server leaves without a word.
  if (hasClientCertificate && code === 'ECONNRESET' && proxy === undefined) {
    return { kind: 'tls_client_certificate', found, advice: clientCertificateAdvice(evidence) };
  }
  return undefined;
}

function clientCertificateAdvice({ hasClientCertificate }: Evidence): string {
  return hasClientCertificate
    ? 'The server does not take the client certificate: was it signed by an authority that the server knows, and is it still valid? It is in OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE.'
    : 'The server wants a client certificate: name its PEM file in OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, and that of its key in OTEL_EXPORTER_OTLP_CLIENT_KEY.';
}
