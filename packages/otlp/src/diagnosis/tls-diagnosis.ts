import { grpc, http } from './answer-diagnosis.ts';
import { type Diagnosis, type DiagnosisKind, type Evidence, failureOf } from './diagnosis.ts';

interface Row {
  /** Found in the code, or in OpenSSL's text, because older versions of Node have EPROTO for all codes. */
  readonly sign: RegExp;
  readonly kind: DiagnosisKind;
  advice(evidence: Evidence): string;
}

/** How OpenSSL says that it received something other than TLS. */
export const SPEAKS_NO_TLS =
  /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|packet length too long|HTTP_REQUEST|http request/;

const TRUST = (signed: string): string =>
  `Name a PEM file with ${signed} in OTEL_EXPORTER_OTLP_CERTIFICATE. If this machine knows the authority, node --use-system-ca is enough.`;

const ROWS: readonly Row[] = [
  {
    sign: /SELF_SIGNED_CERT|self-signed certificate/,
    kind: 'tls_self_signed',
    advice: () =>
      `The certificate is self-signed, or signed by an unknown authority. ${TRUST('that certificate, or its authority')}`,
  },
  {
    sign: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|CERT_UNTRUSTED|INVALID_CA/,
    kind: 'tls_unknown_authority',
    advice: () =>
      `The certificate is signed by an unknown authority, or the server does not send the intermediate certificates. ${TRUST('that authority')}`,
  },
  {
    sign: /CERT_HAS_EXPIRED/,
    kind: 'tls_expired',
    advice: () => 'The certificate of the server has expired: renew it there. Or is the clock of this machine wrong?',
  },
  {
    sign: /CERT_NOT_YET_VALID/,
    kind: 'tls_expired',
    advice: () => 'The certificate of the server is not valid yet. Is the clock of this machine wrong?',
  },
  {
    sign: /ALTNAME_INVALID|HOSTNAME_MISMATCH/,
    kind: 'tls_wrong_host',
    advice: ({ url, urlSource }) =>
      `The certificate is not for ${url.hostname}, but for other names: write one of those in ${urlSource}, or have a certificate issued for this name.`,
  },
  {
    sign: /ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|NO_CERTIFICATE|HANDSHAKE_FAILURE|ACCESS_DENIED)|alert (certificate|bad certificate|unknown ca|no certificate|handshake failure|access denied)/,
    kind: 'tls_client_certificate',
    advice: clientCertificateAdvice,
  },
  {
    sign: SPEAKS_NO_TLS,
    kind: 'tls_not_spoken',
    advice: ({ urlSource }) =>
      `The port does not speak TLS. Write http:// in ${urlSource}, or switch TLS on at the server.`,
  },
];

/** What a failed handshake means; `undefined` if the handshake did not fail. */
export function diagnoseTls(evidence: Evidence): Diagnosis | undefined {
  const { outcome, url, peer, hasClientCertificate, urlSource, proxy } = evidence;
  const { code, text: found } = failureOf(outcome);
  if (url.protocol === 'http:') {
    if (peer !== 'tls') return undefined;
    return { kind: 'tls_required', found, advice: `The port speaks TLS. Write https:// in ${urlSource}.` };
  }
  if (peer === 'http/2') return grpc(evidence, `${found}; the port speaks HTTP/2 without TLS`);
  if (peer === 'http/1' && evidence.protocol === 'grpc')
    return http(evidence, `${found}; the port speaks HTTP/1.1 without TLS`);
  if (peer === 'http/2 within tls' && evidence.protocol !== 'grpc') return grpc(evidence, found);
  if (evidence.protocol === 'grpc' && /no application protocol/i.test(found)) return http(evidence, found);
  const row = ROWS.find(({ sign }) => sign.test(`${code ?? ''} ${found}`));
  if (row !== undefined) return { kind: row.kind, found, advice: row.advice(evidence) };
  if (found.startsWith('TLS with'))
    return {
      kind: 'tls_failed',
      found,
      advice: 'Client and server found no common TLS version or cipher: look at those that the server allows.',
    };
  // Node's own server closes the connection silently.
  if (hasClientCertificate && code === 'ECONNRESET' && proxy === undefined) {
    return { kind: 'tls_client_certificate', found, advice: clientCertificateAdvice(evidence) };
  }
  return undefined;
}

function clientCertificateAdvice({ hasClientCertificate }: Evidence): string {
  return hasClientCertificate
    ? 'The server does not accept the client certificate: was it signed by an authority that the server knows, and is it still valid? It is in OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE.'
    : 'The server requires a client certificate: name its PEM file in OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, and that of its key in OTEL_EXPORTER_OTLP_CLIENT_KEY.';
}
