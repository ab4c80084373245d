import { startTimer } from '@spillway/backpressure';
import type { LookupFunction, Socket, TcpNetConnectOpts } from 'node:net';
import { nodeNet, nodeTls } from '../platform/node-modules.node.ts';
import type { Proxy } from './proxy-environment.ts';
import { serverNameOf } from './tls-material.node.ts';

/** An answer to CONNECT is only a status line and a few headers. */
const MAX_ANSWER_BYTES = 16 * 1024;

/** The proxy opened no tunnel. The message names only the proxy's host and port. */
export class ProxyTunnelError extends Error {
  override readonly name = 'ProxyTunnelError';
  readonly code = 'ERR_PROXY_TUNNEL';
  /** The status of the proxy's answer; `undefined` if it did not answer. */
  readonly statusCode: number | undefined;

  constructor(message: string, statusCode?: number) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** A socket to the proxy that is still connecting. It does not keep the process alive. */
function connectToProxy(proxy: Proxy, lookup: LookupFunction | undefined): Socket {
  const { hostname: host, port } = proxy;
  const to: TcpNetConnectOpts = { host, port, ...(lookup !== undefined && { lookup }) };
  const socket =
    proxy.protocol === 'https:' ? nodeTls().connect({ ...to, servername: serverNameOf(host) }) : nodeNet().connect(to);
  return socket.unref();
}

/**
 * Asks a proxy for a connection to `authority` (RFC 9110 9.3.6).
 *
 * Node's own agents can do this from 22.21 and 24.5 on (`proxyEnv`), but there a CONNECT without an answer can neither
 * be aborted nor be kept from holding the process.
 * @param timeoutMillis bounds the whole wait, because nothing else does: aborting a request does not reach its agent
 * @param lookup looks up the name of the proxy, instead of the platform
 * @param callback called once: with the socket, without any listeners, or with the reason for failure
 * @returns the socket, so that it can be destroyed earlier
 */
export function openTunnel(
  proxy: Proxy,
  authority: string,
  timeoutMillis: number,
  lookup: LookupFunction | undefined,
  callback: (error: Error | undefined, socket?: Socket) => void,
): Socket {
  const socket = connectToProxy(proxy, lookup);
  const timer = startTimer(() => fail('did not open a tunnel in time'), timeoutMillis);
  let answer = '';

  socket.write(
    `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n` +
      (proxy.authorization === undefined ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`) +
      '\r\n',
  );
  socket.on('data', onData);
  socket.on('error', onError);
  socket.on('close', onClose);
  return socket;

  function onData(bytes: Buffer): void {
    answer += bytes.toString('latin1');
    const end = answer.indexOf('\r\n\r\n');
    if (end < 0) {
      if (answer.length > MAX_ANSWER_BYTES) fail('sent an endless answer');
      return;
    }
    const statusCode = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0);
    if (statusCode < 200 || statusCode > 299) return fail(`answered ${statusCode}`, statusCode);
    // In TLS, the client speaks first, so the collector cannot have sent anything yet.
    if (answer.length > end + 4) return fail('sent more than its answer');
    finish();
    callback(undefined, socket);
  }

  function onError(error: Error): void {
    finish();
    callback(error);
  }

  function onClose(): void {
    fail('closed the connection');
  }

  function fail(what: string, statusCode?: number): void {
    finish();
    socket.on('error', () => {});
    socket.destroy();
    callback(new ProxyTunnelError(`the proxy ${proxy.hostname}:${proxy.port} ${what}`, statusCode));
  }

  function finish(): void {
    timer.cancel();
    socket.off('data', onData).off('error', onError).off('close', onClose);
    socket.pause();
  }
}
