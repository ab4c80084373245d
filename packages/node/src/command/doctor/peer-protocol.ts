import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** What a port speaks, as far as one look tells: in plain text, or TLS, or HTTP/2 alone within TLS. */
export type PeerProtocol = 'http/1' | 'http/2' | 'tls' | 'http/2 within tls' | 'unknown';

/** How an HTTP/2 client begins, with an empty SETTINGS frame (RFC 9113 3.4). A server of HTTP/1 answers 400. */
const HTTP_2_PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]);
const FRAME_TYPE_AT = 3;
const FRAME_TYPE_SETTINGS = 4;

/** A record of TLS begins with its kind, here an alert, and the major version. */
const TLS_ALERT = [0x15, 0x03];

/**
 * Finds out what a port speaks where HTTP/1.1 got no answer from it. Takes twice the time at most, never rejects.
 * @param host a name, or an address without brackets
 */
export async function peerProtocol(host: string, port: number, timeoutMillis: number): Promise<PeerProtocol> {
  const said = await firstBytes(host, port, timeoutMillis);
  if (said[FRAME_TYPE_AT] === FRAME_TYPE_SETTINGS && said[0] === 0) return 'http/2';
  if (said.subarray(0, 5).toString('latin1') === 'HTTP/') return 'http/1';
  if (TLS_ALERT.every((byte, index) => said[index] === byte)) return 'tls';
  if (said.length > 0) return 'unknown';
  // Many servers of TLS leave without a word when they are spoken to in plain text.
  return (await shakesHands(host, port, timeoutMillis)) ? 'tls' : 'unknown';
}

/**
 * Finds out whether a port of TLS takes HTTP/1.1 at all: it says so in the handshake, to who offers that alone. Never rejects.
 * @param host a name, or an address without brackets
 */
export function peerProtocolWithinTls(host: string, port: number, timeoutMillis: number): Promise<PeerProtocol> {
  return within<PeerProtocol>(timeoutMillis, 'unknown', (settle) => {
    const socket = connectTls({ ...anybody(host, port), ALPNProtocols: ['http/1.1'] }, () => settle('tls'));
    return socket.once('error', ({ message }: Error) => settle(/no application protocol/i.test(message) ? 'http/2 within tls' : 'unknown'));
  });
}

function firstBytes(host: string, port: number, timeoutMillis: number): Promise<Buffer> {
  return within(timeoutMillis, Buffer.alloc(0), (settle) => {
    const socket = connectPlain({ host, port });
    socket.write(HTTP_2_PREFACE);
    socket.once('data', settle);
    return socket;
  });
}

function shakesHands(host: string, port: number, timeoutMillis: number): Promise<boolean> {
  return within(timeoutMillis, false, (settle) => connectTls(anybody(host, port), () => settle(true)));
}

/** Whoever it is: nothing is said to it. */
function anybody(host: string, port: number): ConnectionOptions {
  return { host, port, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) };
}

function within<T>(timeoutMillis: number, otherwise: T, open: (settle: (value: T) => void) => Socket): Promise<T> {
  return new Promise((resolve) => {
    const settle = (value: T): void => {
      clearTimeout(timer);
      resolve(value);
      socket.destroy();
    };
    const timer = setTimeout(() => settle(otherwise), timeoutMillis);
    const socket = open(settle);
    socket.on('error', () => settle(otherwise));
    socket.once('close', () => settle(otherwise));
  });
}
