import type { OutgoingRequest } from '@spillway/otlp';

/**
 * What the shipping program reads from its standard input: the length of the head, the head as JSON, the bodies one after
 * the other.
 * @param deadline on the clock of `Date.now()`, which both processes share
 */
export function shippingMessage(requests: readonly OutgoingRequest[], deadline: number): Buffer {
  const head = {
    deadline,
    requests: requests.map(({ url, headers, tls, proxy, addresses, body }) => ({
      url,
      headers,
      tls: tls && { ...tls, ca: pemText(tls.ca), cert: pemText(tls.cert), key: pemText(tls.key) },
      proxy,
      addresses,
      byteLength: body.byteLength,
    })),
  };
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, ...requests.map(({ body }) => body)]);
}

/** PEM is text, also where it was read as bytes. */
function pemText(pem: string | Uint8Array | undefined): string | undefined {
  return pem instanceof Uint8Array ? Buffer.from(pem).toString('latin1') : pem;
}
