import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import { hostname } from 'node:os';

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403 | 404 | 405;
  readonly message: string;
}

const FOREIGN_HOST: Refusal = {
  status: 403,
  message: 'The Host of the request is not a name of this machine. Use its address, or localhost.',
};
const FOREIGN_ORIGIN: Refusal = { status: 403, message: 'Requests of other sites are refused.' };
const NO_TOKEN: Refusal = {
  status: 401,
  message: 'A token is needed: as the password of Basic authentication, with any user, or as a Bearer token.',
};
const WRONG_METHOD: Refusal = { status: 405, message: 'Only GET and HEAD are allowed.' };
const NOT_FOUND: Refusal = { status: 404, message: 'There is one page here, at /.' };

/** An address in brackets, or a name or address, perhaps with the dot that ends a complete name; then perhaps a port. */
const HOST = /^(?:\[(?<address>[^\]]+)\]|(?<name>[^:[\]]+?)\.?)(?::\d*)?$/;
/** Browsers never look such names up. */
const LOCALHOST = /^(?:[^.]+\.)*localhost$/;

/** Decides which requests are answered. */
export class RequestGuard {
  readonly #ownNames: ReadonlySet<string>;
  readonly #tokenHash: Buffer | undefined;

  constructor({ host, token }: { readonly host: string; readonly token: string | undefined }) {
    this.#ownNames = new Set([host.toLowerCase(), hostname().toLowerCase()]);
    this.#tokenHash = token === undefined ? undefined : hashOf(token);
  }

  /** @returns `undefined` if the request may be answered */
  refusalOf({
    headers,
    headersDistinct,
    method,
    url,
  }: Pick<IncomingMessage, 'headers' | 'headersDistinct' | 'method' | 'url'>): Refusal | undefined {
    if (!this.#isOwnHost(headersDistinct['host'])) return FOREIGN_HOST;
    if (isOfOtherSite(headers)) return FOREIGN_ORIGIN;
    if (!this.#hasToken(headers.authorization)) return NO_TOKEN;
    if (method !== 'GET' && method !== 'HEAD') return WRONG_METHOD;
    return pathOf(url) === '/' ? undefined : NOT_FOUND;
  }

  /**
   * A page of another site may let its own name point to this machine (DNS rebinding). Then its requests are not those
   * of another site to a browser, but they name that host. An address cannot be pointed elsewhere, and any port may be
   * a forwarded one. A browser sends exactly one `Host`. Of several, a proxy might have checked another one.
   */
  #isOwnHost(hosts: readonly string[] = []): boolean {
    const [host = '', ...others] = hosts;
    if (others.length > 0) return false;
    const { address, name = '' } = HOST.exec(host.toLowerCase())?.groups ?? {};
    if (address !== undefined) return isIPv6(address);
    return isIPv4(name) || LOCALHOST.test(name) || this.#ownNames.has(name);
  }

  /** Compares hashes, which have equal lengths, in constant time. */
  #hasToken(authorization = ''): boolean {
    if (this.#tokenHash === undefined) return true;
    const [, scheme = '', value = ''] = authorization.match(/^(Bearer|Basic) +(\S+) *$/i) ?? [];
    const token =
      scheme.toLowerCase() === 'basic'
        ? Buffer.from(value, 'base64')
            .toString()
            .replace(/^[^:]*:/, '')
        : value;
    return timingSafeEqual(hashOf(token), this.#tokenHash);
  }
}

/** The path of a request target, without its query. */
export function pathOf(url = ''): string {
  return url.split('?', 1)[0] as string;
}

function isOfOtherSite({ origin, host, 'sec-fetch-site': site, 'sec-fetch-mode': mode }: IncomingHttpHeaders): boolean {
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return true;
  // A link on another site may lead here. Everything else that another site asks for is refused. `none` is a person who
  // has typed the address.
  return site !== undefined && site !== 'same-origin' && site !== 'none' && mode !== 'navigate';
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
