import { isIP } from 'node:net';

/**
 * The name of a host for TLS: without the dot of the root (RFC 6066 3). Empty for an address, which is no name: the
 * certificate is then checked for the address.
 */
export function serverNameOf(hostname: string): string {
  return isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : '';
}
