import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { IncomingHttpHeaders } from 'node:http';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SignRequest } from '../../src/transport/transport-options.ts';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SCOPE = { region: 'eu-central-1', service: 'xray' };

/** The part of `aws4` that is used, which has no types. */
interface Aws4 {
  sign(request: object, credentials: object): { readonly headers: Readonly<Record<string, string>> };
}
const aws4 = createRequire(import.meta.url)('aws4') as Aws4;

/** Signs as applications do, with the AWS SDK's own signer. */
export function sigV4({ secretAccessKey = CREDENTIALS.secretAccessKey } = {}): SignRequest {
  const signer = new SignatureV4({
    credentials: { ...CREDENTIALS, secretAccessKey },
    ...SCOPE,
    sha256: Sha256,
  });
  return async ({ method, url, headers, body }) => {
    const { protocol, hostname, pathname: path } = url;
    const query = Object.fromEntries(url.searchParams);
    const signed = await signer.sign({ method, protocol, hostname, path, query, headers: { ...headers }, body });
    return signed.headers;
  };
}

/** What a receiver got. */
interface ReceivedRequest {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Whether a request has the signature that another implementation makes of what arrived. */
export function isSigned({ url, headers, body }: ReceivedRequest): boolean {
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
  if (!names.includes('host') || !names.includes('x-amz-date')) return false;
  // The body is signed by its hash, which a receiver compares with what arrived.
  if (headers['x-amz-content-sha256'] !== createHash('sha256').update(body).digest('hex')) return false;
  const signed = Object.fromEntries(names.map((name) => [name, headers[name]]));
  const request = { ...SCOPE, method: 'POST', path: url, headers: signed, body: Buffer.from(body) };
  const expected = aws4.sign(request, CREDENTIALS).headers['Authorization'];
  const signatureOf = (authorization = ''): string | undefined => /Signature=(\w+)/.exec(authorization)?.[1];
  return signatureOf(expected) === signatureOf(headers.authorization) && signatureOf(expected) !== undefined;
}
