import { X509Certificate } from 'node:crypto';
import { Agent as HttpAgent, request as requestPlain, type AgentOptions, type ClientRequestArgs, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { diag } from '@opentelemetry/api';
import { NAMES, type NameUse } from './name-lookup.node.ts';
import { shown } from './option-checks.ts';
import { type Proxy, proxyFor } from './proxy-environment.ts';
import { openTunnel } from './proxy-tunnel.node.ts';
import type { HttpAgentLike, OtlpTlsOptions, ResolvedTransportOptions } from './transport-options.ts';

/** The way of every request of a transport, worked out once. */
export interface HttpRoute {
  readonly request: typeof requestPlain;
  /** All but headers. */
  readonly options: RequestOptions;
  /** Headers that the way needs, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the user's function gives a promise of its agent, that promise; `options` have the agent once it is kept. */
  readonly pendingAgent: Promise<unknown> | undefined;
  /** What `options` go through, or their agent does. */
  readonly proxy: Proxy | undefined;
  /** Closes idle connections. Those of an agent of the user's stay. */
  closeIdle(): void;
  /** Closes idle connections, and those that requests under way leave behind. */
  close(): void;
}

/**
 * Idle connections are closed after this time, or earlier where the server announces that it will (`Keep-Alive: timeout`,
 * which Node's agent heeds only where it has a time of its own). Load balancers close theirs after 60 s or more; a request
 * that meets the closing is lost to a reset.
 */
const IDLE_MILLIS = 50_000;

/** Where there is no time for a request, a tunnel needs one all the same: nothing else would end a proxy's silence. */
const LONGEST_TUNNEL_WAIT_MILLIS = 30_000;

/** @throws TypeError where `tls` holds what is no certificate or key */
export function createHttpRoute(options: ResolvedTransportOptions): HttpRoute {
  const { url, httpAgentOptions } = options;
  const isTls = url.protocol === 'https:';
  const target: RequestOptions = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
  };
  if (typeof httpAgentOptions === 'function') return routeOfOwnAgent(target, httpAgentOptions(isTls ? 'https:' : 'http:'));

  const proxy = proxyFor(url, options.proxyEnv ?? process.env, (message) => diag.warn(`OTLP transport: ${message}`));
  const name = NAMES.use(proxy?.hostname ?? String(target.hostname));
  const agentOptions: AgentOptions = {
    keepAlive: options.keepAlive,
    maxSockets: options.maxSockets,
    timeout: IDLE_MILLIS,
    lookup: name.lookup,
    ...httpAgentOptions,
  };
  if (!isTls) return proxy === undefined ? directRoute(target, agentOptions, name) : forwardedRoute(target, proxy, url, agentOptions, name);

  const tlsAgentOptions = { ...agentOptions, ...(options.tls && secure(options.tls)) };
  const agent =
    proxy === undefined
      ? new HttpsAgent(tlsAgentOptions)
      : new TunnelAgent(tlsAgentOptions, proxy, `${url.hostname}:${target.port}`, Math.min(options.timeoutMillis, LONGEST_TUNNEL_WAIT_MILLIS));
  return { request: requestTls, options: { ...target, agent }, headers: {}, pendingAgent: undefined, proxy, ...endsOf(agent, name) };
}

function directRoute(target: RequestOptions, agentOptions: AgentOptions, name: NameUse): HttpRoute {
  const agent = new HttpAgent(agentOptions);
  return { request: requestPlain, options: { ...target, agent }, headers: {}, pendingAgent: undefined, proxy: undefined, ...endsOf(agent, name) };
}

/** A proxy is sent plain requests as they are, for the whole URL (RFC 9112 3.2.2). */
function forwardedRoute(target: RequestOptions, proxy: Proxy, url: URL, agentOptions: AgentOptions, name: NameUse): HttpRoute {
  const isTls = proxy.protocol === 'https:';
  const agent = isTls ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  const { protocol, hostname, port } = proxy;
  return {
    request: isTls ? requestTls : requestPlain,
    options: { ...target, protocol, hostname, port, path: url.href, agent },
    headers: { host: url.host, ...(proxy.authorization !== undefined && { 'proxy-authorization': proxy.authorization }) },
    pendingAgent: undefined,
    proxy,
    ...endsOf(agent, name),
  };
}

function routeOfOwnAgent(target: RequestOptions, given: HttpAgentLike | Promise<HttpAgentLike>): HttpRoute {
  const options: RequestOptions = { ...target };
  const use = (agent: HttpAgentLike) => {
    if (!isAgent(agent)) throw new TypeError(`httpAgentOptions must give an http.Agent, got ${shown(agent)}`);
    options.agent = agent;
  };
  const pendingAgent = given instanceof Promise ? given.then(use) : undefined;
  if (!(given instanceof Promise)) use(given);
  // Every attempt awaits it and reports; a rejection before the first attempt is not an unhandled one.
  pendingAgent?.catch(() => {});
  return { request: target.protocol === 'https:' ? requestTls : requestPlain, options, headers: {}, pendingAgent, proxy: undefined, closeIdle() {}, close() {} };
}

function isAgent(value: HttpAgentLike): value is HttpAgent {
  return typeof value?.addRequest === 'function';
}

function endsOf(agent: HttpAgent, name: NameUse): Pick<HttpRoute, 'closeIdle' | 'close'> {
  return {
    closeIdle: () => closeIdleSockets(agent),
    close() {
      closeAgent(agent);
      name.end();
    },
  };
}

/**
 * Only idle sockets. One that is in use ends with its request, and is not kept, for then there is room for none.
 * (`agent.destroy()` would cut requests under way.)
 */
function closeAgent(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  closeIdleSockets(agent);
  if (agent instanceof TunnelAgent) agent.closePending();
}

function closeIdleSockets(agent: HttpAgent): void {
  // A socket takes itself out of its list when it has closed, which is later.
  for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
}

/** Certificates and keys are parsed once, here, and not for each connection: that takes a millisecond and more. */
function secure({ ca, cert, key, passphrase, rejectUnauthorized, servername }: OtlpTlsOptions): object {
  // Each member only where it is given: OpenSSL's binding tells `undefined` from absent.
  const material = Object.fromEntries(
    Object.entries({ ca: asPem(ca), cert: asPem(cert), key: asPem(key), passphrase }).filter(([, value]) => value !== undefined),
  ) as SecureContextOptions;
  try {
    // OpenSSL takes a text without a certificate for no authorities at all, and then trusts nobody.
    if (material.ca !== undefined) void new X509Certificate(material.ca as string | Buffer);
    return {
      ...(Object.keys(material).length > 0 && { secureContext: createSecureContext(material) }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      ...(servername !== undefined && { servername }),
    };
  } catch (error) {
    // OpenSSL's text, kept as the cause, speaks of forms, never of content.
    const given = Object.keys(material).join(', ');
    throw new TypeError(`tls has a certificate, key or passphrase that cannot be used (${given})`, { cause: error });
  }
}

function asPem(pem: string | Uint8Array | undefined): string | Buffer | undefined {
  return pem instanceof Uint8Array ? Buffer.from(pem.buffer, pem.byteOffset, pem.byteLength) : pem;
}

/** Makes TLS connections inside tunnels through a proxy. */
class TunnelAgent extends HttpsAgent {
  readonly #proxy: Proxy;
  readonly #authority: string;
  readonly #timeoutMillis: number;
  readonly #pending = new Set<Socket>();

  constructor(options: AgentOptions, proxy: Proxy, authority: string, timeoutMillis: number) {
    super(options);
    this.#proxy = proxy;
    this.#authority = authority;
    this.#timeoutMillis = timeoutMillis;
  }

  override createConnection(
    target: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const pending = openTunnel(this.#proxy, this.#authority, this.#timeoutMillis, this.options.lookup, (error, socket) => {
      this.#pending.delete(pending);
      if (error !== undefined) return callback?.(error, pending);
      const options = { ...target, socket };
      const connection = super.createConnection(options);
      if (connection) callback?.(null, connection);
    });
    this.#pending.add(pending);
    return undefined;
  }

  closePending(): void {
    for (const socket of this.#pending) socket.destroy();
  }
}
