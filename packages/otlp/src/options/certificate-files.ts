import type { Warn } from '@spillway/config';
import type { OtlpTlsOptions } from '../transport/transport-options.ts';

/** Paths of PEM files that variables name. */
export interface CertificateFiles {
  readonly certificateFile?: string;
  readonly clientKeyFile?: string;
  readonly clientCertificateFile?: string;
}

export const FILE_OPTIONS = ['certificateFile', 'clientKeyFile', 'clientCertificateFile'] as const;

export type FileOption = (typeof FILE_OPTIONS)[number];

/** The variable that sets an option. */
export type VariableOf = (option: FileOption) => string;

/** Reads the files again with each call. `undefined` if there is nothing to read. */
export type CertificateReader = (
  files: CertificateFiles,
  variableOf: VariableOf,
  warn: Warn,
) => (() => OtlpTlsOptions | undefined) | undefined;
