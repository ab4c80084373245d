import type { Warn } from '@spillway/config';
import { errorText } from '../encoding/error-value.ts';
import { readRegularFile } from '../platform/regular-file.node.ts';
import { createHttpTransport } from '../transport/http-transport.node.ts';
import type { CertificateFiles, FileOption, VariableOf } from './certificate-files.ts';
import type { OtlpTlsOptions } from '../transport/transport-options.ts';

type PemOption = 'ca' | 'key' | 'cert';
type Pems = Partial<Record<PemOption, Uint8Array>>;

/** Certificates that are usable only as a whole, and the files that they are in. */
const PARTS: readonly Partial<Record<PemOption, FileOption>>[] = [
  { ca: 'certificateFile' },
  { key: 'clientKeyFile', cert: 'clientCertificateFile' },
];

/**
 * Reads certificates and keys from files, again with each call. Returns the same object as long as nothing has changed.
 * Never throws for a variable, its file, or the content of the file: a part that cannot be read or used stays as it was
 * last, or is left out if it was never usable.
 * @returns `undefined` if no file is named
 */
export function certificateReader(
  files: CertificateFiles,
  variableOf: VariableOf,
  warn: Warn,
): (() => OtlpTlsOptions | undefined) | undefined {
  const parts = PARTS.filter((part) => Object.values(part).some((option) => files[option] !== undefined)).map(
    (part) => new CertificatePart(part, files, variableOf, warn),
  );
  if (parts.length === 0) return undefined;
  let joined: OtlpTlsOptions | undefined;
  return () => {
    const isNew = parts.map((part) => part.renew()).includes(true);
    if (isNew) joined = Object.assign({}, ...parts.map(({ usable }) => usable)) as OtlpTlsOptions;
    return joined;
  };
}

class CertificatePart {
  #usable: Pems | undefined;
  readonly #part: Partial<Record<PemOption, FileOption>>;
  readonly #files: CertificateFiles;
  readonly #variableOf: VariableOf;
  readonly #warn: Warn;

  constructor(
    part: Partial<Record<PemOption, FileOption>>,
    files: CertificateFiles,
    variableOf: VariableOf,
    warn: Warn,
  ) {
    this.#part = part;
    this.#files = files;
    this.#variableOf = variableOf;
    this.#warn = warn;
  }

  /** The last usable content; `undefined` if there never was any. */
  get usable(): Pems | undefined {
    return this.#usable;
  }

  /** @returns whether there is new usable content */
  renew(): boolean {
    const pems: Pems = {};
    for (const [name, option] of Object.entries(this.#part) as [PemOption, FileOption][]) {
      const pem = this.#contentOf(option);
      if (pem !== undefined) pems[name] = pem;
    }
    if (!this.#isWhole(pems) || isSame(pems, this.#usable) || !this.#isUsable(pems)) return false;
    this.#usable = pems;
    return true;
  }

  #isWhole(pems: Pems): boolean {
    if (Object.values(this.#part).some((option) => this.#files[option] === undefined) && Object.keys(pems).length > 0) {
      this.#warn(
        'a client certificate needs OTEL_EXPORTER_OTLP_CLIENT_KEY and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE; neither is used',
      );
    }
    return Object.keys(pems).length === Object.keys(this.#part).length;
  }

  #contentOf(option: FileOption): Uint8Array | undefined {
    const file = this.#files[option];
    if (file === undefined) return undefined;
    try {
      return readRegularFile(file);
    } catch (error) {
      this.#complain(this.#variableOf(option), `its file cannot be read (${reasonOf(error)})`);
      return undefined;
    }
  }

  #isUsable(pems: Pems): boolean {
    const variables = Object.values(this.#part).map(this.#variableOf).join(', ');
    // The transport would report only that it cannot be used.
    if (pems.ca !== undefined && !new TextDecoder().decode(pems.ca).includes('-----BEGIN ')) {
      this.#complain(variables, 'its file holds no certificate');
      return false;
    }
    try {
      void createHttpTransport({ url: 'https://localhost', proxyEnv: {}, tls: pems }).shutdown();
      return true;
    } catch (error) {
      this.#complain(variables, errorText(error));
      return false;
    }
  }

  #complain(variables: string, problem: string): void {
    this.#warn(`${variables}: ${problem}${this.#usable === undefined ? '' : '; its last usable content stays in use'}`);
  }
}

/**
 * Never the platform's message, which repeats the variable's value: users sometimes paste the key instead of its path.
 */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'UnfitFileError') return error.message;
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'is it a path?';
}

function isSame(pems: Pems, before: Pems | undefined): boolean {
  return (
    before !== undefined && (Object.keys(pems) as PemOption[]).every((name) => sameText(pems[name]!, before[name]!))
  );
}

/** PEM is text, and comparing strings is several times as fast as looping over the bytes of a large bundle. */
function sameText(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && new TextDecoder().decode(one) === new TextDecoder().decode(other);
}
