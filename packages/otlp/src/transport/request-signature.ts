import { excerpt } from './excerpt.ts';
import { checkHeaders } from './header-checks.ts';
import { joinedBody, type OtlpRequestBody } from './request-body.ts';
import { OtlpTransportError } from './transport-error.ts';
import type { OtlpHeaders, RequestToSign, ResolvedTransportOptions } from './transport-options.ts';

/**
 * Asks for the signature of a request that is complete.
 * @param headers those that will be sent
 * @param host is sent as `Host`, unless the headers name another one
 * @returns the headers to add
 * @throws (rejects with) OtlpTransportError if the user's function fails
 */
export async function signatureOf(
  { url, sign }: Pick<ResolvedTransportOptions, 'url' | 'sign'>,
  headers: OtlpHeaders,
  body: OtlpRequestBody,
  host: string,
): Promise<OtlpHeaders> {
  if (sign === undefined) return {};
  const request: RequestToSign = {
    method: 'POST',
    url: new URL(url),
    headers: { host, ...headers, 'content-length': String(body.byteLength) },
    // A copy, because the function may still read it after the attempt has timed out.
    body: joinedBody(body),
  };
  try {
    const { host: _, ...added } = checkHeaders(await sign(request));
    return added;
  } catch (error) {
    throw new OtlpTransportError(
      'RequestHeadersError',
      `the sign function failed: ${excerpt(error instanceof Error ? error.message : String(error))}`,
    );
  }
}

/**
 * What no message may show of a signature. A gateway explains a denial by the algorithm, the date, the region and the
 * names of the headers that were signed, so these are left out.
 */
export function secretsOf(signature: OtlpHeaders): readonly string[] {
  return Object.entries(signature)
    .filter(([name]) => name !== 'x-amz-date')
    .map(([name, value]) => (name === 'authorization' ? withoutPublicParts(value) : value));
}

/** Of the words before `=`, only these are long enough to be hidden. Any other may be a part of somebody's token. */
function withoutPublicParts(authorization: string): string {
  return authorization
    .replace(/^\S+\s+/, '')
    .replace(/\bSignedHeaders=[^,\s]*/i, '')
    .replace(/\b(Credential=[^/,\s]+)\/[^,\s]*/i, '$1')
    .replaceAll(/\b(?:algorithm|credential|signature)=/gi, '');
}
