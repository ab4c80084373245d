import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { startTimer } from '@spillway/backpressure';
import type { PeerProtocol } from '@spillway/otlp/diagnosis';

/** The first bytes of an HTTP/2 client, with an empty SETTINGS frame (RFC 9113 3.4). A server of HTTP/1 answers 400. */
const HTTP_2_PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
const FRAME_TYPE_AT = 3;
const FRAME_TYPE_SETTINGS = 4;

/** A TLS record begins with its type, here an alert, and the major version. */
const TLS_ALERT = [0x15, 0x03];

/**
 * Finds out what a port speaks that gave no HTTP/1.1 answer. Takes at most twice the time-out, never rejects.
 * @param host a name, or an address without brackets
 */
export async function peerProtocol(host: string, port: number, timeoutMillis: number): Promise<PeerProtocol> {
  const said = await firstBytes(host, port, timeoutMillis);
  if (said[FRAME_TYPE_AT] === FRAME_TYPE_SETTINGS && said[0] === 0) return 'http/2';
  if (said.subarray(0, 5).toString('latin1') === 'HTTP/') return 'http/1';
  if (TLS_ALERT.every((byte, index) => said[index] === byte)) return 'tls';
  if (said.length > 0) return 'unknown';
  // Many TLS servers close the connection silently if they receive plain text.
  return (await shakesHands(host, port, timeoutMillis)) ? 'tls' : 'unknown';
}

/**
 * Finds out whether a TLS port accepts HTTP/1.1 at all. If HTTP/1.1 is the only protocol offered, the handshake tells.
 * Never rejects.
 * @param host a name, or an address without brackets
 */
export function peerProtocolWithinTls(host: string, port: number, timeoutMillis: number): Promise<PeerProtocol> {
  return within<PeerProtocol>(timeoutMillis, 'unknown', (settle) => {
    const socket = connectTls({ ...anybody(host, port), ALPNProtocols: ['http/1.1'] }, () => settle('tls'));
    return socket.once('error', ({ message }: Error) =>
      settle(/no application protocol/i.test(message) ? 'http/2 within tls' : 'unknown'),
    );
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

/** The certificate does not matter, because nothing is sent. */
function anybody(host: string, port: number): ConnectionOptions {
  return { host, port, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) };
}

function within<T>(timeoutMillis: number, otherwise: T, open: (settle: (value: T) => void) => Socket): Promise<T> {
  return new Promise((resolve) => {
    const settle = (value: T): void => {
      timer.cancel();
      resolve(value);
      socket.destroy();
    };
    const timer = startTimer(() => settle(otherwise), timeoutMillis, true);
    const socket = open(settle);
    socket.on('error', () => settle(otherwise));
    socket.once('close', () => settle(otherwise));
  });
}
