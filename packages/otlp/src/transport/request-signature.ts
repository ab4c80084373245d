import { excerpt } from './excerpt.ts';
import { checkHeaders } from './header-checks.ts';
import { joinedBody, type OtlpRequestBody } from './request-body.ts';
import { OtlpTransportError } from './transport-error.ts';
import type { OtlpHeaders, RequestToSign, ResolvedTransportOptions } from './transport-options.ts';

/**
 * Asks for the signature of a request that is complete.
 * @param headers those that will be sent
 * @returns the headers to add
 * @throws (rejects with) OtlpTransportError if the user's function fails
 */
export async function signatureOf(
  { url, sign }: Pick<ResolvedTransportOptions, 'url' | 'sign'>,
  headers: OtlpHeaders,
  body: OtlpRequestBody,
): Promise<OtlpHeaders> {
  if (sign === undefined) return {};
  const request: RequestToSign = {
    method: 'POST',
    url: new URL(url),
    headers: { ...headers, host: url.host, 'content-length': String(body.byteLength) },
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
