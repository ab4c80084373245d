import type { AgentOptions, RequestOptions } from 'node:https';
import { nodeHttps } from '../platform/node-modules.node.ts';
import { direct, type HttpWay, passedOn } from './http-way.node.ts';
import type { Proxy } from './proxy-environment.ts';
import { serverNameOf } from './tls-material.node.ts';
import { makeTunnelAgent } from './tunnel-agent.node.ts';

/**
 * The ways on which connections begin with TLS.
 * @param tunnelMillis how long a proxy may take to open a tunnel
 */
export function tlsWay(url: URL, proxy: Proxy | undefined, agentOptions: AgentOptions, tunnelMillis: number): HttpWay {
  const { Agent, request } = nodeHttps();
  if (proxy !== undefined && url.protocol === 'http:') {
    const { options: plain, headers } = passedOn(url, proxy);
    // Otherwise Node would take the name for TLS from the header `host`, which is the collector's.
    const options: RequestOptions = { ...plain, servername: serverNameOf(proxy.hostname) };
    return { request, options, headers, proxy, makeAgent: () => new Agent(agentOptions) };
  }
  const { options, headers } = direct(url);
  return {
    request,
    options,
    headers,
    proxy,
    makeAgent: (tls) =>
      proxy === undefined
        ? new Agent({ ...agentOptions, ...tls })
        : makeTunnelAgent({ ...agentOptions, ...tls }, proxy, `${url.hostname}:${options.port}`, tunnelMillis),
  };
}
