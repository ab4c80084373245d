import type { LookupAddress } from 'node:dns';
import { request as requestPlain, type Agent as HttpAgent, type AgentOptions, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import { diag } from '@opentelemetry/api';
import { ConnectionAges } from './connection-ages.node.ts';
import { beginsWithTls, direct, type HttpWay, plainWay } from './http-way.node.ts';
import { tlsWay } from './https-way.node.ts';
import { NAMES, type NameUse } from './name-lookup.node.ts';
import { shown } from './value-checks.ts';
import { type Proxy, proxyFor } from './proxy-environment.ts';
import { isPromiseLike } from '../encoding/type-of.ts';
import { TlsMaterial } from './tls-material.node.ts';
import type { HttpAgentLike, OtlpTlsOptions, ResolvedTransportOptions } from './transport-options.ts';
import { TunnelAgent } from './tunnel-agent.node.ts';

/** The way of every request of a transport. */
export interface HttpRoute {
  readonly request: typeof requestPlain;
  /** All but headers. */
  readonly options: RequestOptions;
  /** Headers that the way needs, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** If the user's function gives a promise of its agent, that promise; `options` have the agent once it is kept. */
  readonly pendingAgent: Promise<unknown> | undefined;
  /** What `options` go through, or their agent does. */
  readonly proxy: Proxy | undefined;
  /** What the host to connect to was last known to be. */
  readonly addresses: readonly LookupAddress[];
  /** TLS to the collector, as it is now. */
  readonly tls: OtlpTlsOptions | undefined;
  /** Before a request: new connections are made with certificates that have changed. */
  renew(): void;
  /** A request has got a connection, a new one or one that was kept. */
  used(socket: Socket): void;
  /** Whether a connection should not be used any more after the request that it has. */
  isTooOld(socket: Socket): boolean;
  /** After an attempt that failed: certificates may have changed. */
  doubt(): void;
  /** Closes idle connections. Those of an agent of the user's stay. */
  closeIdle(): void;
  /** Closes idle connections, and those that requests under way leave behind. */
  close(): void;
}

/**
 * Idle connections are closed after this time, or earlier if the server announces that it will (`Keep-Alive: timeout`,
 * which Node's agent heeds only if it has a time of its own). Load balancers close theirs after 60 s or more; a request
 * that meets the closing is lost to a reset.
 */
const IDLE_MILLIS = 50_000;

/** If there is no time for a request, a tunnel needs one all the same: nothing else would end a proxy's silence. */
const LONGEST_TUNNEL_WAIT_MILLIS = 30_000;

/** @throws TypeError if `tls` holds what is no certificate or key */
export function createHttpRoute(options: ResolvedTransportOptions): HttpRoute {
  const { url, httpAgentOptions } = options;
  const tls = url.protocol === 'https:' ? new TlsMaterial(options.tls) : undefined;
  if (typeof httpAgentOptions === 'function') return routeOfOwnAgent(url, httpAgentOptions(url.protocol === 'https:' ? 'https:' : 'http:'), tls);

  const proxy = proxyFor(url, options.proxyEnv ?? process.env, (message) => diag.warn(`OTLP transport: ${message}`));
  const name = NAMES.use(proxy?.hostname ?? String(direct(url).options.hostname));
  const agentOptions: AgentOptions = {
    keepAlive: options.keepAlive,
    maxSockets: options.maxSockets,
    timeout: IDLE_MILLIS,
    lookup: name.lookup,
    ...httpAgentOptions,
  };
  const way = beginsWithTls(url, proxy)
    ? tlsWay(url, proxy, agentOptions, Math.min(options.timeoutMillis, LONGEST_TUNNEL_WAIT_MILLIS))
    : plainWay(url, proxy, agentOptions);
  return new OwnRoute(way, tls, name, new ConnectionAges(options.maxConnectionAgeMillis));
}

/** A route whose connections are the transport's own. */
class OwnRoute implements HttpRoute {
  readonly request: typeof requestPlain;
  readonly options: RequestOptions;
  readonly headers: HttpRoute['headers'];
  readonly proxy: Proxy | undefined;
  readonly pendingAgent = undefined;
  readonly #way: HttpWay;
  readonly #tls: TlsMaterial | undefined;
  readonly #name: NameUse;
  readonly #ages: ConnectionAges;
  #agent: HttpAgent;

  constructor(way: HttpWay, tls: TlsMaterial | undefined, name: NameUse, ages: ConnectionAges) {
    this.#way = way;
    this.#tls = tls;
    this.#name = name;
    this.#ages = ages;
    this.#agent = way.makeAgent(tls?.agentOptions ?? {});
    this.request = way.request;
    this.options = { ...way.options, agent: this.#agent };
    this.headers = way.headers;
    this.proxy = way.proxy;
  }

  get tls(): OtlpTlsOptions | undefined {
    return this.#tls?.given;
  }

  get addresses(): readonly LookupAddress[] {
    return this.#name.lastAddresses;
  }

  /** A new agent resumes no session of TLS, in which the old certificates would live on. */
  renew(): void {
    if (this.#tls?.renew() !== true) return;
    closeAgent(this.#agent);
    this.#agent = this.#way.makeAgent(this.#tls.agentOptions);
    this.options.agent = this.#agent;
  }

  used(socket: Socket): void {
    this.#ages.used(socket);
  }

  isTooOld(socket: Socket): boolean {
    return this.#ages.isOver(socket);
  }

  doubt(): void {
    this.#tls?.doubt();
  }

  closeIdle(): void {
    closeIdleSockets(this.#agent);
  }

  close(): void {
    closeAgent(this.#agent);
    if (this.#agent instanceof TunnelAgent) this.#agent.closePending();
    this.#name.end();
  }
}

/** How connections are made, and how long they are used, is the business of the user's agent. */
function routeOfOwnAgent(
  url: URL,
  given: HttpAgentLike | Promise<HttpAgentLike>,
  tls: TlsMaterial | undefined,
): HttpRoute {
  const { options, headers } = direct(url);
  const use = (agent: HttpAgentLike) => {
    if (!isAgent(agent)) throw new TypeError(`httpAgentOptions must give an http.Agent, got ${shown(agent)}`);
    options.agent = agent;
  };
  const pendingAgent = isPromiseLike(given) ? Promise.resolve(given).then(use) : undefined;
  if (!isPromiseLike(given)) use(given);
  // Every attempt awaits it and reports; a rejection before the first attempt is not an unhandled one.
  pendingAgent?.catch(() => {});
  return {
    request: url.protocol === 'https:' ? requestTls : requestPlain,
    options,
    headers,
    pendingAgent,
    proxy: undefined,
    tls: tls?.given,
    addresses: [],
    renew() {},
    used() {},
    isTooOld: () => false,
    doubt() {},
    closeIdle() {},
    close() {},
  };
}

function isAgent(value: HttpAgentLike): value is HttpAgent {
  return typeof value?.addRequest === 'function';
}

/**
 * Only idle sockets. One that is in use ends with its request, and is not kept, for then there is room for none.
 * (`agent.destroy()` would cut requests under way.)
 */
function closeAgent(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  closeIdleSockets(agent);
}

function closeIdleSockets(agent: HttpAgent): void {
  // A socket takes itself out of its list when it has closed, which is later.
  for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
}
