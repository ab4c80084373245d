import type { AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import { nodeHttps } from '../platform/node-modules.node.ts';
import type { WayAgent } from './http-way.node.ts';
import type { Proxy } from './proxy-environment.ts';
import { openTunnel } from './proxy-tunnel.node.ts';

/**
 * An agent that makes TLS connections inside tunnels through a proxy.
 * @param authority host and port of the collector
 */
export function makeTunnelAgent(
  options: AgentOptions,
  proxy: Proxy,
  authority: string,
  timeoutMillis: number,
): WayAgent {
  const agent = new (nodeHttps().Agent)(options);
  const connectTls = agent.createConnection.bind(agent);
  const pending = new Set<Socket>();
  agent.createConnection = (target, callback) => {
    const tunnel = openTunnel(proxy, authority, timeoutMillis, agent.options.lookup, (error, socket) => {
      pending.delete(tunnel);
      if (error !== undefined) return callback?.(error, tunnel);
      const inTunnel = { ...target, socket };
      const connection = connectTls(inTunnel);
      if (connection) callback?.(null, connection);
    });
    pending.add(tunnel);
    return undefined;
  };
  return Object.assign(agent, {
    closePending(): void {
      for (const socket of pending) socket.destroy();
    },
  });
}
