/**
 * Browsers let requests with `keepalive` outlive the page. All bodies in flight together may have 64 KiB (Fetch standard,
 * "HTTP-network-or-cache fetch"), and Chromium allows few such requests at a time. Above that they refuse the request.
 * Some is left for the application's own.
 */
export const KEEPALIVE_BYTES = 60 * 1024;
const MOST_REQUESTS = 9;

let bytes = 0;
let requests = 0;

/**
 * Takes a part of the page's quota, which all transports share.
 * @returns a function that gives it back, once; `undefined` if there is not enough left, or if this is no page: only pages
 *   end while requests are in flight, and some server platforms reject `keepalive`
 */
export function takeKeepalive(byteLength: number): (() => void) | undefined {
  if (!('document' in globalThis) || requests >= MOST_REQUESTS || bytes + byteLength > KEEPALIVE_BYTES)
    return undefined;
  bytes += byteLength;
  requests += 1;
  return () => {
    bytes -= byteLength;
    requests -= 1;
  };
}
