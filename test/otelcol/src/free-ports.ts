import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** Different ports of 127.0.0.1 on which nothing listens. All are held until the last one is known. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening(0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(closed));
  return ports;
}

export async function listening(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
