import type { Agent, AgentOptions, request, RequestOptions } from 'node:http';
import { nodeHttp } from '../platform/node-modules.node.ts';
import type { Proxy } from './proxy-environment.ts';

/** How a request gets to a collector: directly, through a tunnel, or by a proxy that passes it on. */
export interface HttpWay {
  readonly request: typeof request;
  /** All but headers and the agent. */
  readonly options: RequestOptions;
  /** Headers that the way needs, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy: Proxy | undefined;
  /** @param tls to the collector; a way without TLS to it ignores this */
  makeAgent(tls: AgentOptions): WayAgent;
}

/** The connections of a way. */
export interface WayAgent extends Agent {
  /** Gives up connections to a proxy that has not yet opened its tunnel. */
  closePending?(): void;
}

/** Whether connections begin with TLS: those to the collector, or to the proxy that passes requests on. */
export function beginsWithTls(url: URL, proxy: Proxy | undefined): boolean {
  return url.protocol === 'https:' || proxy?.protocol === 'https:';
}

/** The way on which nothing is encrypted. This module does not load TLS. */
export function plainWay(url: URL, proxy: Proxy | undefined, agentOptions: AgentOptions): HttpWay {
  return {
    request: nodeHttp().request,
    ...(proxy === undefined ? direct(url) : passedOn(url, proxy)),
    proxy,
    makeAgent: () => new (nodeHttp().Agent)(agentOptions),
  };
}

/** A request to the collector itself. */
export function direct(url: URL): Pick<HttpWay, 'options' | 'headers'> {
  const options: RequestOptions = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
  };
  // The dot of the root is for name servers: names of virtual hosts and of certificates have none.
  return { options, headers: url.hostname.endsWith('.') ? { host: url.host.replace(/\.(?=:\d+$|$)/, '') } : {} };
}

/** A proxy is sent plain requests as they are, for the whole URL (RFC 9112 3.2.2). */
export function passedOn(
  url: URL,
  { protocol, hostname, port, authorization }: Proxy,
): Pick<HttpWay, 'options' | 'headers'> {
  return {
    options: { ...direct(url).options, protocol, hostname, port, path: url.href },
    headers: { host: url.host, ...(authorization !== undefined && { 'proxy-authorization': authorization }) },
  };
}
