import type { LookupAddress } from 'node:dns';
import type { Agent as HttpAgent, AgentOptions, request, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { diag } from '@opentelemetry/api';
import { nodeHttp, nodeHttps } from '../platform/node-modules.node.ts';
import { ConnectionAges } from './connection-ages.node.ts';
import { beginsWithTls, direct, type HttpWay, plainWay, type WayAgent } from './http-way.node.ts';
import { tlsWay } from './https-way.node.ts';
import { NAMES, type NameUse } from './name-lookup.node.ts';
import { shown } from './value-checks.ts';
import { type Proxy, proxyFor } from './proxy-environment.ts';
import { isPromiseLike } from '../encoding/type-of.ts';
import { TlsMaterial } from './tls-material.node.ts';
import type { HttpAgentLike, OtlpTlsOptions, ResolvedTransportOptions } from './transport-options.ts';

/** The route of all requests of a transport. */
export interface HttpRoute {
  readonly request: typeof request;
  /** All options except headers. */
  readonly options: RequestOptions;
  /** Headers that the route needs, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The promise of the user's function, if it returns one. Once it is resolved, `options` has the agent. */
  readonly pendingAgent: Promise<unknown> | undefined;
  /** The proxy that `options`, or their agent, go through. */
  readonly proxy: Proxy | undefined;
  /** The last known addresses of the host to connect to. */
  readonly addresses: readonly LookupAddress[];
  /** TLS to the collector, as it is now. */
  readonly tls: OtlpTlsOptions | undefined;
  /** Call before a request: new connections are made with certificates that have changed. */
  renew(): void;
  /** A request has got a connection, either a new one or one that was kept alive. */
  used(socket: Socket): void;
  /** Whether a connection should be closed after its current request. */
  isTooOld(socket: Socket): boolean;
  /** Call after a failed attempt: certificates may have changed. */
  doubt(): void;
  /** Closes idle connections, except those of the user's own agent. */
  closeIdle(): void;
  /** Closes idle connections now, and busy ones after their requests. */
  close(): void;
}

/**
 * Idle connections are closed after this time, or earlier if the server announces that it will close them (`Keep-Alive:
 * timeout`, which Node's agent respects only if it has its own time-out). Load balancers close theirs after 60 s or
 * more; a request that is sent at that moment is lost to a reset.
 */
const IDLE_MILLIS = 50_000;

/** Even if requests have no time-out, a tunnel needs one, because nothing else would end a silent proxy's attempt. */
const LONGEST_TUNNEL_WAIT_MILLIS = 30_000;

/** @throws TypeError if `tls` has an invalid certificate or key */
export function createHttpRoute(options: ResolvedTransportOptions): HttpRoute {
  const { url, httpAgentOptions } = options;
  const tls = url.protocol === 'https:' ? new TlsMaterial(options.tls) : undefined;
  if (typeof httpAgentOptions === 'function')
    return routeOfOwnAgent(url, httpAgentOptions(url.protocol === 'https:' ? 'https:' : 'http:'), tls);

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

/** A route with the transport's own connections. */
class OwnRoute implements HttpRoute {
  readonly request: typeof request;
  readonly options: RequestOptions;
  readonly headers: HttpRoute['headers'];
  readonly proxy: Proxy | undefined;
  readonly pendingAgent = undefined;
  readonly #way: HttpWay;
  readonly #tls: TlsMaterial | undefined;
  readonly #name: NameUse;
  readonly #ages: ConnectionAges;
  #agent: WayAgent;

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

  /** A new agent does not resume TLS sessions, in which the old certificates would live on. */
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
    this.#agent.closePending?.();
    this.#name.end();
  }
}

/** The user's agent decides how connections are made, and how long they are used. */
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
  // Every attempt awaits and reports it, so a rejection before the first attempt must not count as unhandled.
  pendingAgent?.catch(() => {});
  return {
    request: (url.protocol === 'https:' ? nodeHttps() : nodeHttp()).request,
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
 * Closes only idle sockets. A busy socket ends with its request, because `maxFreeSockets` is now 0.
 * (`agent.destroy()` would cut off requests in flight.)
 */
function closeAgent(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  closeIdleSockets(agent);
}

function closeIdleSockets(agent: HttpAgent): void {
  // A socket leaves this list only after it has closed, which is later.
  for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
}
