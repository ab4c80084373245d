import type { Warn } from '@spillway/config';
import { readFile } from '#platform';
import { errorText } from '../pipeline/error-text.ts';
import { createTransport } from '../transport/create-transport.ts';
import type { OtlpTlsOptions } from '../transport/transport-options.ts';

/** Paths of PEM files that variables name. */
export interface CertificateFiles {
  readonly certificateFile?: string;
  readonly clientKeyFile?: string;
  readonly clientCertificateFile?: string;
}

/** The variable that an option came from. */
export type VariableOf = (option: keyof CertificateFiles) => string;

/** A variable never throws, and neither does the file that it names, nor what is in it. */
export function certificatesOf(files: CertificateFiles, variableOf: VariableOf, warn: Warn): OtlpTlsOptions | undefined {
  const read = (option: keyof CertificateFiles): Uint8Array | undefined => contentOf(files[option], () => variableOf(option), warn);
  const ca = read('certificateFile');
  const key = read('clientKeyFile');
  const cert = read('clientCertificateFile');
  const authority = ca && authorityOf(ca, () => variableOf('certificateFile'), warn);
  const client = key && cert && usable({ key, cert }, () => `${variableOf('clientKeyFile')}, ${variableOf('clientCertificateFile')}`, warn);
  // If a file could not be read, that has been said.
  if ((files.clientKeyFile === undefined) !== (files.clientCertificateFile === undefined) && (key ?? cert) !== undefined) {
    warn('a client certificate needs OTEL_EXPORTER_OTLP_CLIENT_KEY and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE; neither is used');
  }
  return authority === undefined && client === undefined ? undefined : { ...authority, ...client };
}

function contentOf(file: string | undefined, variable: () => string, warn: Warn): Uint8Array | undefined {
  if (file === undefined) return undefined;
  try {
    return readFile(file);
  } catch (error) {
    warn(`${variable()}: its file cannot be read (${reasonOf(error)})`);
    return undefined;
  }
}

/** Never the platform's message, which repeats the value of the variable: some paste the key itself where its path belongs. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'UnfitFileError') return error.message;
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'is it a path?';
}

/** OpenSSL takes a text without a certificate for no authorities at all, and then trusts nobody. */
function authorityOf(ca: Uint8Array, variable: () => string, warn: Warn): OtlpTlsOptions | undefined {
  if (new TextDecoder().decode(ca).includes('-----BEGIN ')) return usable({ ca }, variable, warn);
  warn(`${variable()}: its file holds no certificate`);
  return undefined;
}

/** Asks the transport that makes the connections of this platform. */
function usable(tls: OtlpTlsOptions, variables: () => string, warn: Warn): OtlpTlsOptions | undefined {
  try {
    createTransport({ url: 'https://localhost', proxyEnv: {}, tls });
    return tls;
  } catch (error) {
    warn(`${variables()}: ${errorText(error)}`);
    return undefined;
  }
}
